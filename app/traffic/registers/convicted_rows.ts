import { toTimestamp } from '../../calendar.js';
import { decode } from '../../db/wire/msgpack.js';
import type { FlatRows } from '../../http/answers/write_rows.js';

/** As tarantool/traffic/registers/convicted.lua returns it. Times in seconds since 1970. */
type ConvictedTuple = readonly [
  decidedAt: number,
  caseId: string,
  transport: string,
  cameraId: string,
  violationType: string | null,
  violationValue: string,
  fine: number | null,
  timestamp: number,
  phoneNumber: string | null,
  email: string | null,
  tg: string | null,
  vk: string | null,
];

/** Where a list goes on: after this case. */
export type ConvictedPlace = readonly [at: number, no: number];

export const CONVICTED_COLUMNS = [
  ...['case_id', 'transport', 'violation_type', 'violation_value', 'fine', 'timestamp', 'status_at', 'camera_id'],
  ...['phone_number', 'email', 'tg', 'vk'],
] as const;

/** Tuples of tarantool/traffic/registers/convicted.lua -> values in the order of the columns. */
export function toConvictedRows(packed: Buffer): FlatRows['rows'] {
  const tuples = decode(packed).value as unknown as ConvictedTuple[];
  return tuples.map((tuple) => {
    const [decidedAt, caseId, transport, cameraId, violationType, violationValue, fine, timestamp, ...contacts] = tuple;
    return [
      ...[caseId, transport, violationType, violationValue, fine],
      ...[toTimestamp(timestamp), toTimestamp(decidedAt), cameraId, ...contacts],
    ];
  });
}
