import { read } from '../db/procedure.js';
import type { MsgpackValue } from '../db/wire/msgpack.js';

/** Procedures of metrics. */
export const PROCEDURES = {
  /** tarantool/metrics.lua says what is in it. */
  metrics: read<[], [measurements: ReadonlyMap<string, MsgpackValue>]>('svodka.metrics'),
} as const;
