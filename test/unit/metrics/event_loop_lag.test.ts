import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { createEventLoopLag } from '../../../app/metrics/event_loop_lag.js';
import { until } from '../../support/until.js';

const NAMES = ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'].map(
  (suffix) => `nodejs_eventloop_lag${suffix}_seconds`,
);

/** The values of a scrape, by name. */
async function scrape(registry: Registry): Promise<Map<string, number>> {
  const metrics = await registry.getMetricsAsJSON();
  return new Map(metrics.map(({ name, values }) => [name, values[0]?.value as number]));
}

function holdTheLoop(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

describe('the lag of the event loop', () => {
  it('is sampled while a request is in progress, and starts anew with each scrape', async () => {
    const registry = new Registry();
    const lag = createEventLoopLag(registry);
    assert.deepEqual([...(await scrape(registry)).keys()], NAMES);
    lag.begun();
    holdTheLoop(300);
    const seen = await until('a sample is late', async () => {
      const values = await scrape(registry);
      return (values.get('nodejs_eventloop_lag_max_seconds') as number) > 0 && values;
    });
    for (const suffix of ['_max', '_mean', '_p99']) {
      assert.ok((seen.get(`nodejs_eventloop_lag${suffix}_seconds`) as number) > 0.2, suffix);
    }
    lag.ended();
  });

  it('is not sampled while there is none: an idle process is not woken', async () => {
    const registry = new Registry();
    const lag = createEventLoopLag(registry);
    lag.begun();
    lag.ended();
    // The last request is followed by two samples at most.
    await until('nothing is sampled', async () => {
      await scrape(registry);
      holdTheLoop(60);
      await sleep(100);
      const values = await scrape(registry);
      return NAMES.slice(1).every((name) => values.get(name) === 0);
    });
  });
});
