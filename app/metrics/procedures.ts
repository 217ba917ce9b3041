import { read } from '../db/procedure.js';
import type { MsgpackValue } from '../db/wire/msgpack.js';

export const PROCEDURES = {
  /** tarantool/metrics.lua documents the result, and tarantool/shards/router/overview.lua that of a router. */
  metrics: read<[], [measurements: ReadonlyMap<string, MsgpackValue>]>('svodka.metrics'),
} as const;
