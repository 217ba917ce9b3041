import { collectDefaultMetrics, Registry } from 'prom-client';
import type { RequestObserver } from '../http/requests/request_observer.js';
import type { Metric } from '../metric.js';
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

/** Each sample is a wake-up of the idle process: at 10 ms, the default, they were 0.2 % of a core. */
const EVENT_LOOP_SAMPLE_MS = 50;

/** Starts counting requests; `metrics`, which are counted elsewhere, are read on each scrape. */
export function createMetricsService(repository: MetricsRepository, metrics: readonly Metric[]): MetricsService {
  checkMetrics(metrics);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS });
  const observer = createRequestMetrics(registry);

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
