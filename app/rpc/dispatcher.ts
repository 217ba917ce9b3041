import { setImmediate } from 'node:timers/promises';
import { isJSONRPCID, isJSONRPCRequest, type JSONRPCRequest, type JSONRPCResponse, JSONRPCServer } from 'json-rpc-2.0';
import { toServiceError } from '../http/problem.js';
import { INVALID_REQUEST, METHOD_NOT_FOUND, toErrorResponse, toProtocolError } from './json_rpc_errors.js';
import type { Call, Method } from './method.js';
import { compileParams } from './params.js';

export const MAX_BATCH = 1_000;
/** Methods that wait for nothing would keep the event loop for all of a batch. */
const MAX_TURN_MS = 5;
/** Calls of a batch that are under way at once. */
const MAX_BEGUN = 100;

/** Of one HTTP request. */
export type Exchange<Caller> = Call<Caller> & {
  requestId: string;
  /** Notified of faults of the service itself. Must not throw. */
  onFault(reason: unknown, method: string): void;
};

/** What a body is answered with. `responses` runs the requests in order, each when it is asked for the next response. */
export type Reply = {
  /** Whether the responses are sent as an array. */
  isBatch: boolean;
  /** Whether there is any response: none is sent to notifications. */
  hasResponse: boolean;
  responses: AsyncGenerator<JSONRPCResponse, void>;
};

type Dispatcher<Caller> = {
  /** Answers a parsed body: a request or a batch. */
  dispatch(body: unknown, exchange: Exchange<Caller>): Reply;
};

/** The specification's section 4; the library looks at fewer members. */
function isRequest(value: unknown): value is JSONRPCRequest {
  if (typeof value !== 'object' || value === null || !isJSONRPCRequest(value)) return false;
  const { method, id, params } = value as { method: unknown; id?: unknown; params?: unknown };
  if (typeof method !== 'string' || (id !== undefined && !isId(id))) return false;
  return params === undefined || (typeof params === 'object' && params !== null);
}

/** Numbers beyond the range of a double, which the parser makes infinite, could not be sent back. */
function isId(id: unknown): id is string | number | null {
  return isJSONRPCID(id) && (typeof id !== 'number' || Number.isFinite(id));
}

function isNotification(value: unknown): boolean {
  return isRequest(value) && value.id === undefined;
}

function invalidRequest(id: unknown, detail?: string): JSONRPCResponse {
  return toProtocolError(isId(id) ? id : null, INVALID_REQUEST, 'Invalid Request', detail);
}

/** @param authorize throws ServiceError FORBIDDEN when the caller may not call the method */
export function createDispatcher<Caller>(
  methods: readonly Method<Caller>[],
  authorize: (method: Method<Caller>, caller: Caller) => void,
): Dispatcher<Caller> {
  const server = new JSONRPCServer<Exchange<Caller>>({ errorListener: () => {} });
  const pipelined = new Set(methods.flatMap((method) => (method.isPipelined ? [method.name] : [])));

  for (const method of methods) {
    const check = compileParams(method);
    server.addMethodAdvanced(method.name, async ({ id = null, params }, exchange) => {
      try {
        authorize(method, exchange.caller);
        const result = (await method.handle(check(params), exchange)) ?? null;
        return { jsonrpc: '2.0', id, result };
      } catch (reason) {
        const error = toServiceError(reason);
        if (error.code === 'INTERNAL') exchange.onFault(error.cause, method.name);
        return toErrorResponse(id, error, exchange.requestId);
      }
    });
  }

  async function run(request: unknown, exchange: Exchange<Caller>): Promise<JSONRPCResponse | undefined> {
    if (!isRequest(request)) return invalidRequest((request as { id?: unknown } | null)?.id);
    if (!server.hasMethod(request.method)) {
      return toProtocolError(request.id ?? null, METHOD_NOT_FOUND, 'Method not found');
    }
    return (await server.receive(request, exchange)) ?? undefined;
  }

  function isPipelined(request: unknown): boolean {
    return isRequest(request) && pipelined.has(request.method);
  }

  /** Runs requests in order. Those of pipelined methods that follow each other are under way together. */
  async function* runAll(requests: readonly unknown[], exchange: Exchange<Caller>) {
    let pausedAt = performance.now();
    for (let next = 0; next < requests.length; ) {
      const begun: { request: unknown; response: Promise<JSONRPCResponse | undefined> }[] = [];
      do {
        if (performance.now() - pausedAt > MAX_TURN_MS) {
          await setImmediate();
          pausedAt = performance.now();
        }
        const request = requests[next++];
        begun.push({ request, response: run(request, exchange) });
      } while (begun.length < MAX_BEGUN && isPipelined(requests[next - 1]) && isPipelined(requests[next]));
      for (const { request, response } of begun) {
        const answer = await response;
        if (answer !== undefined && !isNotification(request)) yield answer;
      }
    }
  }

  async function* refuse(response: JSONRPCResponse) {
    yield response;
  }

  return {
    dispatch(body, exchange) {
      if (!Array.isArray(body)) {
        return { isBatch: false, hasResponse: !isNotification(body), responses: runAll([body], exchange) };
      }
      if (body.length === 0 || body.length > MAX_BATCH) {
        const detail = body.length === 0 ? 'The batch is empty.' : `A batch has at most ${MAX_BATCH} requests.`;
        return { isBatch: false, hasResponse: true, responses: refuse(invalidRequest(null, detail)) };
      }
      return { isBatch: true, hasResponse: !body.every(isNotification), responses: runAll(body, exchange) };
    },
  };
}
