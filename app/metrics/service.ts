import { collectDefaultMetrics, Registry } from 'prom-client';
import type { RequestObserver } from '../http/requests/request_observer.js';
import type { Metric } from '../metric.js';
import { createEventLoopLag, type EventLoopLag } from './event_loop_lag.js';
import { addMetrics, checkMetrics, sumUp, toSamples } from './fold.js';
import type { MetricsRepository, Readings } from './repository.js';
import { createRequestMetrics } from './request_metrics.js';
import { addRouter } from './router_metrics.js';
import { createSnapshot, type Snapshot } from './snapshot.js';
import { addTarantool } from './tarantool_metrics.js';
import { type Counted, type Gather, putTogether } from './together.js';

export type MetricsService = {
  /** Must be notified of each request. */
  observer: RequestObserver;
  /** All metrics in the Prometheus text format. Metrics of Tarantool are omitted while it is away. Never throws. */
  text(): Promise<string>;
  /** What this process has counted itself: nothing that it would read from the database. */
  counted(): Promise<Counted>;
  contentType: string;
};

/** prom-client's own sampling of the event loop wakes the process all the time; event_loop_lag.ts replaces it. */
const NEVER_MS = 2 ** 31 - 1;

function collectProcessMetrics(registry: Registry): EventLoopLag {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of registry.getMetricsAsArray()) {
    if (name.startsWith('nodejs_eventloop_lag')) registry.removeSingleMetric(name);
  }
  return createEventLoopLag(registry);
}

function both(requests: RequestObserver, lag: EventLoopLag): RequestObserver {
  return {
    ...requests,
    begun() {
      lag.begun();
      requests.begun();
    },
    answered(request) {
      lag.ended();
      requests.answered(request);
    },
  };
}

/**
 * Starts counting requests; `metrics`, which are counted elsewhere, are read on each scrape. `gather`: for a web process that
 * has siblings, whose figures are part of the answer.
 */
export function createMetricsService(
  repository: MetricsRepository,
  metrics: readonly Metric[],
  gather?: Gather,
): MetricsService {
  checkMetrics(metrics);
  const registry = new Registry();
  const lag = collectProcessMetrics(registry);
  const observer = both(createRequestMetrics(registry), lag);

  async function readings(): Promise<Readings | undefined> {
    try {
      return await repository.readings();
    } catch {
      // The client of the database has logged the reason.
      return undefined;
    }
  }

  async function counted(): Promise<Counted> {
    const snapshot = createSnapshot();
    addMetrics(snapshot, metrics.filter(isOwn), undefined);
    return [...(await registry.getMetricsAsJSON()), ...(await snapshot.counted())];
  }

  /** Metrics that this process has counted, followed by those that it reads from the database. */
  async function ownText(read: Readings | undefined): Promise<string> {
    const snapshot = createSnapshot();
    addDatabase(snapshot, metrics, read);
    return `${await registry.metrics()}\n${await snapshot.text()}`;
  }

  async function textOfAll(gatherAll: Gather, read: Readings | undefined): Promise<string> {
    const all = putTogether(await gatherAll(await counted()));
    const snapshot = createSnapshot();
    const isOfDatabase = (metric: Metric) => !isOwn(metric);
    addDatabase(snapshot, metrics.filter(isOfDatabase), read);
    return `${await all.metrics()}\n${await snapshot.text()}`;
  }

  return {
    observer,
    contentType: registry.contentType,
    counted,
    async text() {
      const read = await readings();
      return gather === undefined ? ownText(read) : textOfAll(gather, read);
    },
  };
}

/** Whether a metric is counted by each process, without the database. */
function isOwn(metric: Metric): boolean {
  return toSamples(metric.read(undefined)).some(([, value]) => value !== undefined);
}

function addDatabase(snapshot: Snapshot, metrics: readonly Metric[], read: Readings | undefined): void {
  snapshot.gauge('svodka_tarantool_up', '1: Tarantool answered in time.', read === undefined ? 0 : 1);
  addMetrics(snapshot, metrics, read && sumUp(read.instances));
  if (read !== undefined) addTarantool(snapshot, read.instances);
  if (read?.router !== undefined) addRouter(snapshot, read.router);
}
