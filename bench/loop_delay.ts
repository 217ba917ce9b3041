// Loaded into the service with --import. At each SIGWINCH (SIGUSR2 stops the service) it writes the delay of the event
// loop, as JSON in milliseconds, to the file BENCH_LOOP_DELAY_FILE and resets the measurement.

import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  process.on('SIGWINCH', () => {
    const toMs = (nanoseconds: number) => nanoseconds / 1e6;
    const report = { p99Ms: toMs(histogram.percentile(99)), maxMs: toMs(histogram.max) };
    writeFileSync(process.env['BENCH_LOOP_DELAY_FILE'] as string, JSON.stringify(report));
    histogram.reset();
  });
}
