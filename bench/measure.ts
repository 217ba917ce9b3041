/** What one scenario found. A ratio is ours over the yardstick's, both measured in this run, in turns. */
export type Result = {
  name: string;
  /** What is compared, in words. */
  what: string;
  /** The target: `<= 3` or `>= 0.6`; undefined where only the figure is of interest. */
  target: { atMost: number } | { atLeast: number } | undefined;
  /** A ratio, or a figure in `unit`. */
  value: number;
  unit: 'ratio' | 'ms' | 'MB' | '%';
  /** The figures behind it: "38 ms against 14 ms". */
  figures: string;
};

/** Whether the target is met; undefined where there is none. */
export function isMet({ target, value }: Result): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}

export type Scenario = { name: string; run(): Promise<Result[]> };

/** The middle one; of an even number the upper. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The value below which the share lies, by nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export async function timeMs(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const WARM_UPS = 3;
/** Medians of at least 7 (the house's rule); an odd number, so that the median is one that was seen. */
export const ROUNDS = 9;

/**
 * Measures both sides in turns, so that a change of the machine's mood meets both, after a warm-up of both.
 * `measure` answers what is compared: milliseconds, or something a second.
 */
export async function compare(
  ours: () => Promise<number>,
  yardstick: () => Promise<number>,
  rounds = ROUNDS,
): Promise<{ ratio: number; ours: number; yardstick: number }> {
  for (let i = 0; i < WARM_UPS; i++) {
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

/** 12.3 or 1234: as many digits as say something. */
export function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
