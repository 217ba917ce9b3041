import type { ErrorCode } from '../errors.js';
import type { JsonSchema } from '../http/docs/json_schema.js';

/** A parameter or a result, as OpenRPC shows it. */
export type RpcValue = { name: string; summary?: string; schema: JsonSchema; required?: boolean; example?: unknown };

/**
 * One JSON-RPC method: how it is called, who may call it, and how it is described, in one place. Parameters are passed
 * by name; the schemas validate and make the OpenRPC document.
 */
export type Method<Caller> = {
  /** `engine.create` */
  name: string;
  summary: string;
  description?: string;
  tag: string;
  params: readonly RpcValue[];
  result: RpcValue;
  /** What it can refuse with, besides what every method can: invalid params, no right, the database away. */
  errors?: readonly ErrorCode[];
  /** `params` fit the schemas. @throws ServiceError */
  handle(params: Record<string, unknown>, caller: Caller): Promise<unknown> | unknown;
};
