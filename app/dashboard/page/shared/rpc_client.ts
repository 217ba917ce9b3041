import { ApiError, ask, type Fault } from './http_client.js';

type RpcResponse<Result> = {
  result?: Result;
  error?: {
    code: number;
    message: string;
    data?: { code?: string; detail?: string; requestId?: string; errors?: Fault[]; errorCount?: number };
  };
};

/**
 * Calls a method by JSON-RPC.
 * @throws ApiError with the code of `error.data`
 */
export async function call<Result>(method: string, params: object, signal?: AbortSignal): Promise<Result> {
  const request = { jsonrpc: '2.0', id: 1, method, params };
  const { body } = await ask<RpcResponse<Result>>('/rpc', {
    method: 'POST',
    body: request,
    ...(signal && { signal }),
  });
  const { error } = body;
  if (error === undefined) return body.result as Result;
  // The HTTP status of a refusal is 200 too.
  throw new ApiError(200, { title: error.message, ...error.data, code: error.data?.code ?? `RPC_${error.code}` });
}
