import { request } from './http/http.js';

export type MetricSample = { name: string; labels: Readonly<Record<string, string>>; value: number };

export type Metrics = {
  samples: readonly MetricSample[];
  /** The TYPE of each metric, by name. */
  types: ReadonlyMap<string, string>;
  /** The sum over series that have at least these labels; undefined when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  text: string;
};

function parseSample(line: string): MetricSample {
  const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (match === null) throw new Error(`no line of a metric: ${line}`);
  const [, name, labels = '', value] = match;
  return {
    name: name as string,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])),
    value: Number(value),
  };
}

/** Scrapes metrics as Prometheus does. Throws if the status is not 200. */
export async function readMetrics(url: string): Promise<Metrics> {
  const { status, text } = await request(`${url}/metrics`);
  if (status !== 200) throw new Error(`${url}/metrics answered ${status}`);
  const lines = text.split('\n').filter((line) => line !== '');
  const samples = lines.filter((line) => !line.startsWith('#')).map(parseSample);
  const types = lines.flatMap((line) => {
    const match = /^# TYPE (\w+) (\w+)$/.exec(line);
    return match === null ? [] : [[match[1] as string, match[2] as string] as const];
  });
  return {
    samples,
    text,
    types: new Map(types),
    value(name, labels = {}) {
      const found = samples.filter(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([label, wanted]) => sample.labels[label] === wanted),
      );
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
