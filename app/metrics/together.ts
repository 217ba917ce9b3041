import { AggregatorRegistry, type Registry } from 'prom-client';

/** What a web process has counted itself, as prom-client describes it; can be sent to another process. */
export type Counted = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Exchanges what this process has counted for what all web processes have, this one included. */
export type Gather = (own: Counted) => Promise<readonly Counted[]>;

/**
 * How prom-client's own metrics are put together where its default says too little: the average of two delays hides a
 * blocked process, and the time of the start would be left out.
 */
const MAXIMA = /^(nodejs_eventloop_lag_|process_start_time_seconds$)/;

function withMaxima(counted: Counted): Counted {
  return counted.map((metric) => (MAXIMA.test(metric.name) ? { ...metric, aggregator: 'max' } : metric));
}

/** One registry of what several processes have counted. */
export function putTogether(all: readonly Counted[]): Registry {
  return AggregatorRegistry.aggregate(all.map(withMaxima));
}

/**
 * The counters and histograms of processes that have ended. The sums over all processes must contain them: a counter that
 * falls looks like a restart, and Prometheus would count everything again.
 */
export function keepCounters(all: readonly Counted[]): Promise<Counted> {
  // A metric's type is a word at run time; the package declares a numeric enum.
  const isCounter = ({ type }: Counted[number]) => ['counter', 'histogram'].includes(String(type));
  return putTogether(all.map((counted) => counted.filter(isCounter))).getMetricsAsJSON();
}
