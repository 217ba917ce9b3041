import { setTimeout as sleep } from 'node:timers/promises';

/** The result of one scenario. A ratio is ours over the yardstick's, both measured alternately in this run. */
export type Result = {
  name: string;
  /** A description of what is compared. */
  what: string;
  /** The target, `<= 3` or `>= 0.6`; undefined if the figure is only informative. */
  target: { atMost: number } | { atLeast: number } | undefined;
  /** A ratio, or a figure in `unit`. */
  value: number;
  unit: 'ratio' | 'ms' | 'MB' | '%' | 'a second';
  /** The measured figures: "38 ms against 14 ms". */
  figures: string;
};

/** Whether the target is met; undefined without a target. */
export function isMet({ target, value }: Result): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}

export type Scenario = { name: string; run(): Promise<Result[]> };

/** The median; for an even number, the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The percentile by nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export async function timeMs(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Repeats `work` until performance.now() reaches `until`; returns the milliseconds of each run. */
export async function repeatUntil(until: number, work: () => Promise<unknown>, pauseMs: number): Promise<number[]> {
  const took: number[] = [];
  while (performance.now() < until) {
    took.push(await timeMs(work));
    if (pauseMs > 0) await sleep(pauseMs);
  }
  return took;
}

const WARM_UPS = 3;
/** Medians are of at least 7 runs; the number is odd, so that the median is a measured value. */
export const ROUNDS = 9;

/**
 * Measures both sides alternately after a warm-up of both, so that changes in the machine's speed affect both.
 * `measure` returns the compared figure: milliseconds, or a rate per second.
 */
export async function compare(
  ours: () => Promise<number>,
  yardstick: () => Promise<number>,
  rounds = ROUNDS,
  warmUps = WARM_UPS,
): Promise<{ ratio: number; ours: number; yardstick: number }> {
  for (let i = 0; i < warmUps; i++) {
    await ours();
    await yardstick();
  }
  const mine: number[] = [];
  const others: number[] = [];
  for (let i = 0; i < rounds; i++) {
    mine.push(await ours());
    others.push(await yardstick());
  }
  return { ratio: median(mine) / median(others), ours: median(mine), yardstick: median(others) };
}

/** Formats with significant digits only: 12.3 or 1234. */
export function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
