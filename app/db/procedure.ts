import type { MsgpackInput } from './wire/msgpack.js';

/**
 * A stored procedure of tarantool/exports.lua. `kind` decides what a lost connection means for a call: a lost read has
 * had no effect, the outcome of a lost write is unknown.
 */
export type Procedure<Args extends readonly MsgpackInput[], Result> = {
  readonly name: string;
  readonly kind: 'read' | 'write';
  /** The last return value is left as MessagePack bytes. */
  readonly leavesLastPacked?: true;
  /** Phantom type: the arguments and the return values. */
  readonly types?: (args: Args) => Result;
};

/** A procedure without side effects. */
export function read<Args extends readonly MsgpackInput[], Result>(name: string): Procedure<Args, Result> {
  return { name, kind: 'read' };
}

/** A read whose last return value is left as MessagePack bytes. */
export function readPacked<Args extends readonly MsgpackInput[], Result>(name: string): Procedure<Args, Result> {
  return { name, kind: 'read', leavesLastPacked: true };
}

/** A procedure that changes data; the outcome of a lost call is unknown. */
export function write<Args extends readonly MsgpackInput[], Result>(name: string): Procedure<Args, Result> {
  return { name, kind: 'write' };
}
