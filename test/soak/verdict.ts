import { BYTES, type Reading } from './readings.js';

const MIB = 1024 * 1024;

/**
 * How much more may be there after the rest than before, by the reading's name; not listed: nothing is asked of it.
 * Whatever leaks with each request, connection or import is far above these after a minute of load (6,000 requests).
 */
const TOLERANCES: Readonly<Record<string, number>> = {
  // Kept answers are in it, up to their limit of 104 MiB, and malloc gives pages back late and in part.
  [`rss${BYTES}`]: 200 * MIB,
  // Compiled code, caches of hashes and schemas, the HTTP parsers that Node keeps for reuse.
  [`heap and external without kept answers${BYTES}`]: 24 * MIB,
  [`bodies held${BYTES}`]: 0,
  // A thread that was started under load and is not yet ended for idleness has some of its own.
  descriptors: 12,
  // The reading's own, kept alive.
  connections: 2,
  'requests in flight': 0,
  watchers: 0,
  // The feed of changes waits in one while somebody watches.
  'calls to Tarantool': 1,
  'active Timeout': 4,
  'active TCPSocketWrap': 2,
  'active PipeWrap': 1,
  // Idempotency keys stay for 24 hours (the load has a few), and slabs of rows are given back when they are empty.
  [`Tarantool's data${BYTES}`]: 4 * MIB,
  // Its collector runs when it likes.
  [`Tarantool's Lua heap${BYTES}`]: 32 * MIB,
  "Tarantool's connections": 1,
  "Tarantool's fibers": 6,
};

/** What clients leave when they go, though imports stay: a deletion would end leaked watchers of its import. */
export const OF_CLIENTS: ReadonlySet<string> = new Set([
  `bodies held${BYTES}`,
  'descriptors',
  'connections',
  'requests in flight',
  'watchers',
  'calls to Tarantool',
  'active Timeout',
  'active TCPSocketWrap',
]);

/** What did not come back, in words; of `names` alone where they are given. */
export function complaintsOf(
  before: Reading,
  after: Reading,
  names: ReadonlySet<string> = new Set(Object.keys(TOLERANCES)),
): string[] {
  return Object.entries(TOLERANCES).flatMap(([name, tolerance]) => {
    const [first, last] = [before.get(name) ?? 0, after.get(name) ?? 0];
    if (!names.has(name) || last - first <= tolerance) return [];
    return [
      `${name}: ${format(name, first)} before, ${format(name, last)} after, tolerated ${format(name, tolerance)} more`,
    ];
  });
}

function format(name: string, value: number): string {
  return name.endsWith(BYTES) ? `${(value / MIB).toFixed(1)} MiB` : String(value);
}

/** A line for each reading, with its value at each moment. */
export function table(readings: Readonly<Record<string, Reading>>): string {
  const moments = Object.keys(readings);
  const names = [...new Set(Object.values(readings).flatMap((reading) => [...reading.keys()]))];
  const rows = names.map((name) => [
    name.replace(BYTES, ''),
    ...moments.map((moment) => format(name, readings[moment]?.get(name) ?? 0)),
  ]);
  const all = [['', ...moments], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
