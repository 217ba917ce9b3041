import assert from 'node:assert/strict';
import { type Answer, request } from './http.js';

export type RpcError = {
  code: number;
  message: string;
  data?: { code?: string; detail?: string; errors?: { pointer: string; code: string; detail: string }[] };
};
export type RpcResponse = { jsonrpc: '2.0'; id: unknown; result?: unknown; error?: RpcError };

/** Posts a raw body to /rpc. */
export function postRpc(url: string, token: string | undefined, body: string): Promise<Answer<unknown>> {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const headers = { 'Content-Type': 'application/json', ...authorization };
  return request(`${url}/rpc`, { method: 'POST', headers, body });
}

export type RpcCaller = {
  /** The result. @throws AssertionError when the call failed */
  call<Result>(method: string, params?: object): Promise<Result>;
  /** The error. @throws AssertionError when the call succeeded */
  refusal(method: string, params?: object): Promise<RpcError>;
};

export function rpcCaller(url: string, token: string | undefined): RpcCaller {
  async function respond(method: string, params?: object): Promise<RpcResponse> {
    const answer = await postRpc(url, token, JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }));
    assert.equal(answer.status, 200, answer.text);
    const response = answer.body as RpcResponse;
    assert.equal(response.id, 7);
    return response;
  }
  return {
    async call<Result>(method: string, params?: object) {
      const { result, error } = await respond(method, params);
      assert.equal(error, undefined, JSON.stringify(error));
      return result as Result;
    },
    async refusal(method, params) {
      const { error } = await respond(method, params);
      assert.ok(error !== undefined, `${method} ${JSON.stringify(params)} was not refused`);
      return error;
    },
  };
}
