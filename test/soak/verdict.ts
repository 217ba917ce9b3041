import { BYTES, type Reading } from './readings.js';

const MIB = 1024 * 1024;

/**
 * The allowed increase between start and rest, by the reading's name; readings not listed are not checked.
 * A leak per request, connection or import exceeds these by far after a minute of load (6,000 requests).
 */
const TOLERANCES: Readonly<Record<string, number>> = {
  // Includes cached answers, up to their limit of 104 MiB; also, malloc returns pages late and only partly.
  [`rss${BYTES}`]: 200 * MIB,
  // Compiled code, caches of hashes and schemas, the HTTP parsers that Node keeps for reuse.
  [`heap and external without kept answers${BYTES}`]: 24 * MIB,
  [`bodies held${BYTES}`]: 0,
  // A thread started under load and not yet idle for long enough has some of its own.
  descriptors: 12,
  // The connection of the reading itself, kept alive.
  connections: 2,
  'requests in flight': 0,
  watchers: 0,
  // While somebody watches, one of them is the feed's pending wait for changes.
  'calls to Tarantool': 1,
  'active Timeout': 4,
  'active TCPSocketWrap': 2,
  'active PipeWrap': 1,
  // Idempotency keys stay for 24 hours (the load has a few), and slabs of rows are released only when empty.
  [`Tarantool's data${BYTES}`]: 4 * MIB,
  // Lua's collector runs at times of its own choice.
  [`Tarantool's Lua heap${BYTES}`]: 32 * MIB,
  "Tarantool's connections": 1,
  "Tarantool's fibers": 6,
};

/** Resources that departing clients must release while imports stay: deleting an import would end leaked watchers. */
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

/** Describes what was not released; limited to `names` if given. */
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

/** One line per reading, with its value at each moment. */
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
