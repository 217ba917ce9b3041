import { createHistogram } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** While requests are in progress; an idle process is not woken. */
const SAMPLE_EVERY_MS = 50;

const PREFIX = 'nodejs_eventloop_lag';
const NS_A_SECOND = 1e9;

/** Must be notified of the begin and the end of each request. */
export type EventLoopLag = { begun(): void; ended(): void };

/**
 * How late the event loop runs timers, sampled while requests are in progress, and the lag at the moment of the scrape.
 * The metrics have the names of prom-client's own, whose timer never rests.
 */
export function createEventLoopLag(registry: Registry): EventLoopLag {
  const samples = createHistogram();
  let inProgress = 0;
  /** A request has begun since the last sample. */
  let hasBegun = false;
  let isSampling = false;
  let dueAt = 0;

  function schedule(): void {
    dueAt = performance.now() + SAMPLE_EVERY_MS;
    setTimeout(sample, SAMPLE_EVERY_MS).unref();
  }

  function sample(): void {
    samples.record(Math.max(1, Math.round((performance.now() - dueAt) * 1e6)));
    isSampling = hasBegun || inProgress > 0;
    hasBegun = false;
    if (isSampling) schedule();
  }

  function gauge(suffix: string, help: string, aggregator: 'min' | 'max' | 'average', collect?: () => void): Gauge {
    return new Gauge({
      name: `${PREFIX}${suffix}_seconds`,
      help,
      aggregator,
      registers: [registry],
      ...(collect && { collect }),
    });
  }

  // Collected first, and sets the others, which are of the same samples.
  const now = gauge('', 'Lag of the event loop at the moment of the scrape.', 'average', () => {
    const startedAt = performance.now();
    setImmediate(() => now.set((performance.now() - startedAt) / 1000));
    const { count } = samples;
    const seconds = (ns: number) => (count === 0 ? 0 : ns / NS_A_SECOND);
    min.set(seconds(samples.min));
    max.set(seconds(samples.max));
    mean.set(seconds(samples.mean));
    stddev.set(seconds(samples.stddev));
    for (const [percent, each] of percentiles) each.set(seconds(samples.percentile(percent)));
    samples.reset();
  });
  const since = 'of the event loop while requests were in progress, since the last scrape.';
  const min = gauge('_min', `The minimum lag ${since}`, 'min');
  const max = gauge('_max', `The maximum lag ${since}`, 'max');
  const mean = gauge('_mean', `The mean lag ${since}`, 'average');
  const stddev = gauge('_stddev', `The standard deviation of the lag ${since}`, 'average');
  const percentiles = [50, 90, 99].map((percent): [number, Gauge] => [
    percent,
    gauge(`_p${percent}`, `The ${percent}th percentile of the lag ${since}`, 'average'),
  ]);

  return {
    begun() {
      inProgress++;
      hasBegun = true;
      if (isSampling) return;
      isSampling = true;
      schedule();
    },
    ended() {
      inProgress--;
    },
  };
}
