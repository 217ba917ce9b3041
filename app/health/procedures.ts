import { read } from '../db/procedure.js';
import type { MsgpackValue } from '../db/wire/msgpack.js';

export const PROCEDURES = {
  /** schema, tarantool, wings; of a router also `sets`: the name of each set -> whether its primary answers. */
  serviceInfo: read<[], [info: ReadonlyMap<string, MsgpackValue>]>('svodka.service.info'),
} as const;
