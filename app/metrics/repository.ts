import type { Client } from '../db/client.js';
import type { MsgpackValue } from '../db/wire/msgpack.js';
import type { DatabaseReadings, Numbers } from '../metric.js';
import { PROCEDURES } from './procedures.js';

/** The result of tarantool/metrics.lua, under its names; booleans are 0 or 1. */
export type Measurements = Readonly<
  Record<'server' | 'memory' | 'folder' | 'network' | 'operations', Numbers> &
    Record<'upstreams' | 'downstreams', ReadonlyMap<string, Numbers>> &
    DatabaseReadings & {
      /**
       * `counts[i]` is the number of values up to `bounds[i]` and above the bound before; the last count is of values
       * above all bounds.
       */
      lateness: { bounds: readonly number[]; counts: readonly number[]; sum: number };
    }
>;

export type MetricsRepository = {
  /**
   *
   * @throws ServiceError when Tarantool is away or does not answer in time
   */
  measurements(): Promise<Measurements>;
};

/**
 * Shorter than Prometheus's default timeout of 10 s, so that the other metrics are delivered even if Tarantool is slow.
 */
const DEADLINE_MS = 1_000;

/** Entries of a Lua table; an empty one arrives as an array. */
function entries(value: MsgpackValue | undefined): [string, MsgpackValue][] {
  return value instanceof Map ? [...value].map(([key, each]) => [String(key), each]) : [];
}

function numbers(value: MsgpackValue | undefined): Numbers {
  return new Map(entries(value).map(([key, each]) => [key, Number(each)]));
}

function groups(value: MsgpackValue | undefined): ReadonlyMap<string, Numbers> {
  return new Map(entries(value).map(([key, each]) => [key, numbers(each)]));
}

function list(value: MsgpackValue | undefined): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

export function createMetricsRepository(db: Client): MetricsRepository {
  return {
    async measurements() {
      const [read] = await db.call(PROCEDURES.metrics, [], { deadlineMs: DEADLINE_MS });
      const lateness = new Map(entries(read.get('lateness')));
      return {
        server: numbers(read.get('server')),
        memory: numbers(read.get('memory')),
        folder: numbers(read.get('folder')),
        network: numbers(read.get('network')),
        operations: numbers(read.get('operations')),
        rooms: groups(read.get('rooms')),
        spaces: groups(read.get('spaces')),
        upstreams: groups(read.get('upstreams')),
        downstreams: groups(read.get('downstreams')),
        lateness: {
          bounds: list(lateness.get('bounds')),
          counts: list(lateness.get('counts')),
          sum: Number(lateness.get('sum')),
        },
      };
    },
  };
}
