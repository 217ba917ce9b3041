import type { MsgpackInput } from './wire/msgpack.js';

/**
 * A stored procedure of tarantool/exports.lua. `kind` decides what the loss of a connection means for a call:
 * a lost read has done nothing, the outcome of a lost write is unknown.
 */
export type Procedure<Args extends readonly MsgpackInput[], Result> = {
  readonly name: string;
  readonly kind: 'read' | 'write';
  /** The last return value comes as its MessagePack, not decoded. */
  readonly leavesLastPacked?: true;
  /** Only for the compiler: which arguments it takes and what it answers. */
  readonly types?: (args: Args) => Result;
};

/** Its loss has done nothing. */
export function read<Args extends readonly MsgpackInput[], Result>(name: string): Procedure<Args, Result> {
  return { name, kind: 'read' };
}

/** A read whose last value comes as its bytes. */
export function readPacked<Args extends readonly MsgpackInput[], Result>(name: string): Procedure<Args, Result> {
  return { name, kind: 'read', leavesLastPacked: true };
}

/** The outcome of a lost one is unknown. */
export function write<Args extends readonly MsgpackInput[], Result>(name: string): Procedure<Args, Result> {
  return { name, kind: 'write' };
}
