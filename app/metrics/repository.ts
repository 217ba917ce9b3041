import type { Client } from '../db/client.js';
import type { MsgpackMap, MsgpackValue } from '../db/wire/msgpack.js';
import type { DatabaseReadings, Labels, Numbers } from '../metric.js';
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

/** The measurements of one instance; of one of several sets, `labels` names the set. */
export type InstanceReadings = { labels: Labels; measured: Measurements };

/** What a router reports of itself and of the sets, by their names. `counts`: tarantool/shards/router/spanning/overview.lua. */
export type RouterReadings = {
  counts: Numbers;
  sets: Readonly<Record<'isUp' | 'inFlight' | 'buckets', Numbers>>;
  process: Measurements;
};

export type Readings = {
  /** The only instance, or the primary of each set that answers. */
  instances: readonly InstanceReadings[];
  router?: RouterReadings;
};

export type MetricsRepository = {
  /** @throws ServiceError when Tarantool is away or does not answer in time */
  readings(): Promise<Readings>;
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

function toMeasurements(value: MsgpackValue | undefined): Measurements {
  const read = new Map(entries(value));
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
}

function toRouter(value: MsgpackValue | undefined): RouterReadings {
  const read = new Map(entries(value));
  const sets = new Map(entries(read.get('sets')));
  return {
    counts: numbers(read.get('counts')),
    sets: {
      isUp: numbers(sets.get('is_up')),
      inFlight: numbers(sets.get('in_flight')),
      buckets: numbers(sets.get('buckets')),
    },
    process: toMeasurements(read.get('process')),
  };
}

export function createMetricsRepository(db: Client): MetricsRepository {
  return {
    async readings() {
      const [read] = await db.call(PROCEDURES.metrics, [], { deadlineMs: DEADLINE_MS });
      if (!read.has('router')) return { instances: [{ labels: {}, measured: toMeasurements(read as MsgpackMap) }] };
      const instances = entries(read.get('sets')).map(([set, measured]) => ({
        labels: { set },
        measured: toMeasurements(measured),
      }));
      return { instances, router: toRouter(read.get('router')) };
    },
  };
}
