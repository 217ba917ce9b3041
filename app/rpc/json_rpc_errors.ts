import { createJSONRPCErrorResponse, type JSONRPCErrorResponse, type JSONRPCID } from 'json-rpc-2.0';
import { ERRORS, type ErrorCode, type ServiceError } from '../errors.js';
import { toProblem } from '../http/problem.js';

/** The codes of the JSON-RPC 2.0 specification, section 5.1. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

/** Svodka's own codes, in the range that the specification leaves to servers. */
const CODE_BY_STATUS: Readonly<Record<number, number>> = {
  400: INVALID_PARAMS,
  401: -32001,
  403: -32001,
  404: -32004,
  409: -32009,
  429: -32029,
  503: -32003,
  507: -32003,
};

/** The JSON-RPC code of an error of the service. */
export function rpcCodeOf(code: ErrorCode): number {
  return CODE_BY_STATUS[ERRORS[code].status] ?? INTERNAL_ERROR;
}

/** A refusal with the members that a problem has over HTTP: `data.code`, `data.detail`, `data.errors`. */
export function toErrorResponse(id: JSONRPCID, error: ServiceError, requestId: string): JSONRPCErrorResponse {
  const { title, status: _, type: __, ...data } = toProblem(error, requestId);
  return createJSONRPCErrorResponse(id, rpcCodeOf(error.code), title, data);
}

/** A refusal by the protocol itself. */
export function toProtocolError(id: JSONRPCID, code: number, message: string, detail?: string): JSONRPCErrorResponse {
  return createJSONRPCErrorResponse(id, code, message, detail === undefined ? undefined : { detail });
}
