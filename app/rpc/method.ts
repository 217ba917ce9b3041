import type { ErrorCode, Violation } from '../errors.js';
import type { Access } from '../http/access.js';
import type { JsonSchema } from '../http/docs/json_schema.js';

/** A parameter or a result, as OpenRPC shows it. */
export type RpcValue = { name: string; summary?: string; schema: JsonSchema; required?: boolean };

/** Who calls a method. `over` is aborted once nobody can get the answer: whatever waits for an event ends then. */
export type Call<Caller> = { caller: Caller; over: AbortSignal };

/**
 * One JSON-RPC method: how it is called, who may call it, and how it is described, in one place. Parameters are passed
 * by name; the schemas validate and make the OpenRPC document.
 */
export type Method<Caller> = {
  /** `engine.create` */
  name: string;
  access: Access;
  summary: string;
  description?: string;
  tag: string;
  params: readonly RpcValue[];
  result: RpcValue;
  /** What it can refuse with, besides what every method can: invalid params, no right, the database away. */
  errors?: readonly ErrorCode[];
  /**
   * Calls that follow each other in a batch are begun together, so that they can share a write. The method itself keeps
   * what they do in order; calls of one batch have the same `call` object.
   */
  isPipelined?: true;
  /** Rules that no schema can state. Gets params of any form, so that these faults are named together with the schema's. */
  faults?(params: unknown): Iterable<Violation>;
  /** `params` fit the schemas; those with a `default` are there. @throws ServiceError */
  handle(params: Record<string, unknown>, call: Call<Caller>): Promise<unknown> | unknown;
};
