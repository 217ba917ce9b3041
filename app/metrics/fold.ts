import type { DatabaseReadings, Metric, Numbers, Sample, Samples } from '../metric.js';
import type { InstanceReadings } from './repository.js';
import type { Snapshot } from './snapshot.js';

export function toSamples(samples: Samples): readonly Sample[] {
  return Array.isArray(samples) ? samples : [[{}, samples as number | undefined]];
}

function addNumbers(groups: Map<string, Map<string, number>>, name: string, numbers: Numbers): void {
  const sums = groups.get(name) ?? new Map<string, number>();
  groups.set(name, sums);
  for (const [key, value] of numbers) sums.set(key, (sums.get(key) ?? 0) + value);
}

/** What the rooms have in all sets together. */
export function sumUp(instances: readonly InstanceReadings[]): DatabaseReadings {
  const sums = { spaces: new Map<string, Map<string, number>>(), rooms: new Map<string, Map<string, number>>() };
  for (const { measured } of instances) {
    for (const [name, numbers] of measured.spaces) addNumbers(sums.spaces, name, numbers);
    for (const [name, numbers] of measured.rooms) addNumbers(sums.rooms, name, numbers);
  }
  return sums;
}

/** Adds what all rooms tell to the snapshot, each metric once with the samples of every room that declares it. */
export function addMetrics(
  { gauge, counter }: Snapshot,
  metrics: readonly Metric[],
  database: DatabaseReadings | undefined,
): void {
  const sharing = new Map<string, Metric[]>();
  for (const metric of metrics) sharing.set(metric.name, [...(sharing.get(metric.name) ?? []), metric]);
  for (const [name, declared] of sharing) {
    const { help, kind, together } = declared[0] as Metric;
    const samples = declared.flatMap((metric) => toSamples(metric.read(database)));
    if (kind === 'gauge') gauge(name, help, samples, together);
    else counter(name, help, samples);
  }
}

/**
 * @throws Error when a metric is declared in two ways: a fault of the program, which is told at the start
 */
export function checkMetrics(metrics: readonly Metric[]): void {
  const first = new Map<string, string>();
  for (const { name, help, kind, labels = [] } of metrics) {
    const declared = JSON.stringify([help, kind, labels]);
    if ((first.get(name) ?? declared) !== declared) throw new Error(`the metric ${name} is declared in two ways`);
    first.set(name, declared);
  }
}
