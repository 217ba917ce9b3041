import { Counter, Gauge, Registry } from 'prom-client';
import type { Labels, Sample, Samples } from '../metric.js';

/** Counted elsewhere: up to each bound and above the one before; one more for those above all bounds. */
export type CountedHistogram = { bounds: readonly number[]; counts: readonly number[]; sum: number };

/** Metrics of one moment, which are counted elsewhere and only told here. */
export type Snapshot = {
  gauge(name: string, help: string, samples: Samples): void;
  counter(name: string, help: string, samples: Samples): void;
  histogram(name: string, help: string, counted: CountedHistogram): void;
  /** As Prometheus reads it. */
  text(): Promise<string>;
};

function toSamples(samples: Samples): [Labels, number][] {
  const list: readonly Sample[] = Array.isArray(samples) ? samples : [[{}, samples as number | undefined]];
  return list.filter((sample): sample is [Labels, number] => Number.isFinite(sample[1]));
}

function labelNames(samples: readonly Sample[]): string[] {
  return Object.keys(samples[0]?.[0] ?? {});
}

/** As Prometheus reads it; the library makes histograms only of what it has observed itself. */
function histogramText(name: string, help: string, { bounds, counts, sum }: CountedHistogram): string {
  let soFar = 0;
  const buckets = counts.map((count, place) => {
    soFar += count;
    return `${name}_bucket{le="${bounds[place] ?? '+Inf'}"} ${soFar}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} histogram\n${buckets.join('')}${name}_sum ${sum}\n${name}_count ${soFar}\n`;
}

/** A new one for each time that somebody asks: what is no more, a space or a replica, is then not told of either. */
export function createSnapshot(): Snapshot {
  const registry = new Registry();
  const histograms: string[] = [];
  return {
    gauge(name, help, samples) {
      const told = toSamples(samples);
      if (told.length === 0) return;
      const gauge = new Gauge({ name, help, labelNames: labelNames(told), registers: [registry] });
      for (const [labels, value] of told) gauge.set(labels, value);
    },

    counter(name, help, samples) {
      const told = toSamples(samples);
      if (told.length === 0) return;
      const counter = new Counter({ name, help, labelNames: labelNames(told), registers: [registry] });
      for (const [labels, value] of told) counter.inc(labels, value);
    },

    histogram(name, help, counted) {
      histograms.push(histogramText(name, help, counted));
    },

    async text() {
      return `${await registry.metrics()}\n${histograms.join('\n')}`;
    },
  };
}
