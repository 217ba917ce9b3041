import { createJSONRPCErrorResponse, type JSONRPCErrorResponse, type JSONRPCID } from 'json-rpc-2.0';
import { ERRORS, type ServiceError } from '../errors.js';
import { toProblem } from '../http/problem.js';

/** The codes of the JSON-RPC 2.0 specification, section 5.1. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;

/** A refusal with the members that a problem has over HTTP: `data.code`, `data.detail`, `data.errors`. */
export function toErrorResponse(id: JSONRPCID, error: ServiceError, requestId: string): JSONRPCErrorResponse {
  const { title, status: _, type: __, ...data } = toProblem(error, requestId);
  return createJSONRPCErrorResponse(id, ERRORS[error.code].rpcCode, title, data);
}

/** A refusal by the protocol itself. */
export function toProtocolError(id: JSONRPCID, code: number, message: string, detail?: string): JSONRPCErrorResponse {
  return createJSONRPCErrorResponse(id, code, message, detail === undefined ? undefined : { detail });
}
