import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

type Call = { method: string; params?: object };
type Response = { result?: unknown; error?: { message: string; data?: unknown } };

export type RpcClient = {
  /** The result. @throws Error when the call is refused */
  call<Result>(method: string, params?: object): Promise<Result>;
  /** The results of a batch, in order. @throws Error when one of its calls is refused */
  batch<Result>(calls: readonly Call[]): Promise<Result[]>;
  close(): void;
};

function resultOf<Result>({ result, error }: Response): Result {
  if (error !== undefined) throw new Error(`${error.message} ${JSON.stringify(error.data)}`);
  return result as Result;
}

const MAX_IDLE_MS = 10_000;

/** Calls JSON-RPC over kept connections. Uses node:http, since fetch takes three times the CPU here. */
export function createRpcClient(url: string, token: string): RpcClient {
  // The service closes idle connections after 15 s; a request that is sent at that moment would be lost.
  const agent = new Agent({ keepAlive: true, timeout: MAX_IDLE_MS });
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };

  function post(body: unknown): Promise<unknown> {
    const bytes = Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      request(`${url}/rpc`, { method: 'POST', agent, headers: { ...headers, 'Content-Length': bytes.length } })
        .on('response', (response) => {
          text(response).then((answer) => {
            if (response.statusCode === 200) resolve(JSON.parse(answer));
            else reject(new Error(`POST /rpc answered ${response.statusCode}: ${answer}`));
          }, reject);
        })
        .on('error', reject)
        .end(bytes);
    });
  }

  return {
    async call(method, params = {}) {
      return resultOf((await post({ jsonrpc: '2.0', id: 1, method, params })) as Response);
    },
    async batch(calls) {
      const requests = calls.map((call, i) => ({ jsonrpc: '2.0', id: i, ...call }));
      return ((await post(requests)) as Response[]).map((response) => resultOf(response));
    },
    close: () => agent.destroy(),
  };
}
