import { percentile, roundTo2Places } from '../model/percentiles.js';

/** A measure of the ages of a group. */
export type Measure =
  | { kind: 'count' | 'mean' | 'min' | 'max' | 'stddev' }
  | { kind: 'percentile' /** From 0 to 100. */; percent: number };

/** The distinct ages of a group in ascending order, and the number of citizens of each age. */
export type AgeDistribution = { ages: readonly number[]; citizens: readonly number[]; total: number };

/** Sorts counts by age. */
export function toDistribution(citizensOf: ReadonlyMap<number, number>): AgeDistribution {
  const sorted = [...citizensOf].sort(([one], [other]) => one - other);
  const citizens = sorted.map(([, count]) => count);
  return { ages: sorted.map(([age]) => age), citizens, total: citizens.reduce((sum, count) => sum + count, 0) };
}

/** The age at a zero-based index among all citizens in order of age. */
function ageAt({ ages, citizens }: AgeDistribution, place: number): number {
  let index = 0;
  for (let left = place; left >= (citizens[index] as number); index++) left -= citizens[index] as number;
  return ages[index] as number;
}

function mean({ ages, citizens, total }: AgeDistribution): number {
  return ages.reduce((sum, age, index) => sum + age * (citizens[index] as number), 0) / total;
}

/** The population standard deviation, as numpy.std computes it. */
function standardDeviation(distribution: AgeDistribution): number {
  const { ages, citizens, total } = distribution;
  const middle = mean(distribution);
  const squares = ages.reduce((sum, age, index) => sum + (citizens[index] as number) * (age - middle) ** 2, 0);
  return Math.sqrt(squares / total);
}

function percentileOf(distribution: AgeDistribution, percent: number): number {
  const { total } = distribution;
  const place = Math.floor((percent / 100) * (total - 1));
  const [low, high] = [ageAt(distribution, place), ageAt(distribution, Math.min(place + 1, total - 1))];
  return roundTo2Places(percentile(total, percent, low, high));
}

/** `null` for an empty group. Percentiles are rounded to 2 places as by numpy.around. O(distinct ages). */
export function measure(distribution: AgeDistribution, what: Measure): number | null {
  if (what.kind === 'count') return distribution.total;
  if (distribution.total === 0) return null;
  switch (what.kind) {
    case 'mean':
      return mean(distribution);
    case 'min':
      return distribution.ages[0] as number;
    case 'max':
      return distribution.ages.at(-1) as number;
    case 'stddev':
      return standardDeviation(distribution);
    case 'percentile':
      return percentileOf(distribution, what.percent);
  }
}
