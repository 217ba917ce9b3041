import { collectDefaultMetrics, Registry } from 'prom-client';
import type { RequestObserver } from '../http/requests/request_observer.js';
import type { Metric } from '../metric.js';
import { createEventLoopLag, type EventLoopLag } from './event_loop_lag.js';
import { addMetrics, checkMetrics } from './fold.js';
import type { Measurements, MetricsRepository } from './repository.js';
import { createRequestMetrics } from './request_metrics.js';
import { createSnapshot } from './snapshot.js';
import { addTarantool } from './tarantool_metrics.js';

export type MetricsService = {
  /** Must be notified of each request. */
  observer: RequestObserver;
  /** All metrics in the Prometheus text format. Metrics of Tarantool are omitted while it is away. Never throws. */
  text(): Promise<string>;
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

/** Starts counting requests; `metrics`, which are counted elsewhere, are read on each scrape. */
export function createMetricsService(repository: MetricsRepository, metrics: readonly Metric[]): MetricsService {
  checkMetrics(metrics);
  const registry = new Registry();
  const lag = collectProcessMetrics(registry);
  const observer = both(createRequestMetrics(registry), lag);

  async function measurements(): Promise<Measurements | undefined> {
    try {
      return await repository.measurements();
    } catch {
      // The client of the database has logged the reason.
      return undefined;
    }
  }

  return {
    observer,
    contentType: registry.contentType,
    async text() {
      const read = await measurements();
      const snapshot = createSnapshot();
      snapshot.gauge('svodka_tarantool_up', '1: Tarantool answered in time.', read === undefined ? 0 : 1);
      addMetrics(snapshot, metrics, read);
      if (read !== undefined) addTarantool(snapshot, read);
      return `${await registry.metrics()}\n${await snapshot.text()}`;
    },
  };
}
