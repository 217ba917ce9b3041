import { Counter, Gauge, Registry } from 'prom-client';
import type { Labels, Sample, Samples, Together } from '../metric.js';
import type { Counted } from './together.js';

/**
 * A histogram counted elsewhere. `counts[i]` is the number of values up to `bounds[i]` and above the bound before; the
 * last count is of values above all bounds.
 */
type CountedHistogram = { bounds: readonly number[]; counts: readonly number[]; sum: number };

type LabelledHistogram = { labels: Labels; counted: CountedHistogram };

/** Metrics counted elsewhere, as of one moment. */
export type Snapshot = {
  gauge(name: string, help: string, samples: Samples, together?: Together): void;
  counter(name: string, help: string, samples: Samples): void;
  /** One histogram for each set of labels. */
  histogram(name: string, help: string, histograms: readonly LabelledHistogram[]): void;
  /** In the Prometheus text format. */
  text(): Promise<string>;
  /** The same without histograms. */
  counted(): Promise<Counted>;
};

function toSamples(samples: Samples): [Labels, number][] {
  const list: readonly Sample[] = Array.isArray(samples) ? samples : [[{}, samples as number | undefined]];
  return list.filter((sample): sample is [Labels, number] => Number.isFinite(sample[1]));
}

function labelNames(samples: readonly Sample[]): string[] {
  return Object.keys(samples[0]?.[0] ?? {});
}

/** `set="a"`; values have letters, digits, `-` and `_` only. */
function labelsText(labels: Labels): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
}

function seriesText(name: string, { labels, counted: { bounds, counts, sum } }: LabelledHistogram): string {
  const own = labelsText(labels);
  const braces = own.length === 0 ? '' : `{${own.join(',')}}`;
  let soFar = 0;
  const buckets = counts.map((count, place) => {
    soFar += count;
    return `${name}_bucket{${[...own, `le="${bounds[place] ?? '+Inf'}"`].join(',')}} ${soFar}\n`;
  });
  return `${buckets.join('')}${name}_sum${braces} ${sum}\n${name}_count${braces} ${soFar}\n`;
}

/** In the Prometheus text format; prom-client can render only histograms that it has observed itself. */
function histogramText(name: string, help: string, histograms: readonly LabelledHistogram[]): string {
  const series = histograms.map((each) => seriesText(name, each)).join('');
  return `# HELP ${name} ${help}\n# TYPE ${name} histogram\n${series}`;
}

/** Created anew for each scrape, so that deleted spaces and replicas disappear from the metrics. */
export function createSnapshot(): Snapshot {
  const registry = new Registry();
  const histograms: string[] = [];
  return {
    gauge(name, help, samples, aggregator = 'sum') {
      const present = toSamples(samples);
      if (present.length === 0) return;
      const gauge = new Gauge({ name, help, labelNames: labelNames(present), registers: [registry], aggregator });
      for (const [labels, value] of present) gauge.set(labels, value);
    },

    counter(name, help, samples) {
      const present = toSamples(samples);
      if (present.length === 0) return;
      const counter = new Counter({ name, help, labelNames: labelNames(present), registers: [registry] });
      for (const [labels, value] of present) counter.inc(labels, value);
    },

    histogram(name, help, labelled) {
      if (labelled.length > 0) histograms.push(histogramText(name, help, labelled));
    },

    async text() {
      return `${await registry.metrics()}\n${histograms.join('\n')}`;
    },

    counted: () => registry.getMetricsAsJSON(),
  };
}
