import { read } from './procedure.js';
import type { MsgpackValue } from './wire/msgpack.js';

/** What the connections ask for themselves. Rooms list their own. */
export const PROCEDURES = {
  /** role, term, cluster, position ...: what tarantool/replication.lua says of M.state. */
  replicationState: read<[], [state: ReadonlyMap<string, MsgpackValue>]>('svodka.replication.state'),
} as const;
