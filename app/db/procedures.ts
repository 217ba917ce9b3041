import { read } from './procedure.js';
import type { MsgpackValue } from './wire/msgpack.js';

/** Procedures that the connection itself uses. Rooms list their own. */
export const PROCEDURES = {
  /** role, term, cluster, position ...: the result of `M.state` in tarantool/replication.lua. */
  replicationState: read<[], [state: ReadonlyMap<string, MsgpackValue>]>('svodka.replication.state'),
} as const;
