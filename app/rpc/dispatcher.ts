import { isJSONRPCID, isJSONRPCRequest, type JSONRPCRequest, type JSONRPCResponse, JSONRPCServer } from 'json-rpc-2.0';
import { ServiceError } from '../errors.js';
import { toServiceError } from '../http/problem.js';
import { findUnkept } from './json_limits.js';
import {
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  toErrorResponse,
  toProtocolError,
} from './json_rpc_errors.js';
import type { Method } from './method.js';
import { compileParams } from './params.js';

export const MAX_BATCH = 1_000;

/** Of one HTTP request. */
export type Exchange<Caller> = {
  caller: Caller;
  requestId: string;
  /** Told of faults of the service itself. */
  onFault(reason: unknown, method: string): void;
};

export type Dispatcher<Caller> = {
  /**
   * Answers a parsed body: a request or a batch, which is run in order. Undefined when there is nothing to say: for
   * notifications.
   */
  dispatch(body: unknown, exchange: Exchange<Caller>): Promise<JSONRPCResponse | JSONRPCResponse[] | undefined>;
};

/** The specification's section 4; the library looks at fewer members. */
function isRequest(value: unknown): value is JSONRPCRequest {
  if (!isJSONRPCRequest(value)) return false;
  const { method, id, params } = value as { method: unknown; id?: unknown; params?: unknown };
  if (typeof method !== 'string' || (id !== undefined && !isJSONRPCID(id))) return false;
  return params === undefined || (typeof params === 'object' && params !== null);
}

/** @param authorize throws ServiceError FORBIDDEN or UNAUTHORIZED when the caller may not call the method */
export function createDispatcher<Caller>(
  methods: readonly Method<Caller>[],
  authorize: (method: Method<Caller>, caller: Caller) => void,
): Dispatcher<Caller> {
  const server = new JSONRPCServer<Exchange<Caller>>({ errorListener: () => {} });

  for (const method of methods) {
    const check = compileParams(method);
    server.addMethodAdvanced(method.name, async ({ id = null, params }, exchange) => {
      if (Array.isArray(params)) {
        return toProtocolError(
          id,
          INVALID_PARAMS,
          'Invalid params',
          'Parameters are passed by name: params must be an object.',
        );
      }
      try {
        authorize(method, exchange.caller);
        const unkept = findUnkept(params);
        if (unkept !== undefined) {
          throw new ServiceError('INVALID_INPUT', '1 rule is broken. Nothing was done.', {
            violations: [{ ...unkept, code: 'OUT_OF_RANGE' }],
          });
        }
        const result = (await method.handle(check(params), exchange.caller)) ?? null;
        return { jsonrpc: '2.0', id, result };
      } catch (reason) {
        const error = toServiceError(reason);
        if (error.code === 'INTERNAL') exchange.onFault(error.cause, method.name);
        return toErrorResponse(id, error, exchange.requestId);
      }
    });
  }

  async function one(request: unknown, exchange: Exchange<Caller>): Promise<JSONRPCResponse | undefined> {
    if (!isRequest(request)) {
      const id = (request as { id?: unknown } | null)?.id;
      return toProtocolError(isJSONRPCID(id) ? id : null, INVALID_REQUEST, 'Invalid Request');
    }
    const isNotification = request.id === undefined;
    if (!server.hasMethod(request.method)) {
      return isNotification ? undefined : toProtocolError(request.id ?? null, METHOD_NOT_FOUND, 'Method not found');
    }
    const response = await server.receive(request, exchange);
    return isNotification ? undefined : (response ?? undefined);
  }

  return {
    async dispatch(body, exchange) {
      if (!Array.isArray(body)) return one(body, exchange);
      if (body.length === 0) return toProtocolError(null, INVALID_REQUEST, 'Invalid Request', 'The batch is empty.');
      if (body.length > MAX_BATCH) {
        return toProtocolError(null, INVALID_REQUEST, 'Invalid Request', `A batch has at most ${MAX_BATCH} requests.`);
      }
      const responses: JSONRPCResponse[] = [];
      for (const request of body) {
        const response = await one(request, exchange);
        if (response !== undefined) responses.push(response);
      }
      return responses.length > 0 ? responses : undefined;
    },
  };
}
