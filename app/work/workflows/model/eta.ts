/** How long a run takes, from earlier ones of the same kind. */

export type Eta = {
  /** Runs that it is estimated from. */
  runs: number;
  /** Since the begin; null when no run goes on. */
  elapsedS: number | null;
  /** How long is left, or how long a run takes when none goes on. Null when no earlier run succeeded. */
  leftS: { median: number; p90: number } | null;
  text: string;
};

/** As numpy computes it: linear between the two nearest. `sorted`: ascending, not empty. */
function quantile(sorted: readonly number[], q: number): number {
  const place = (sorted.length - 1) * q;
  const low = sorted[Math.floor(place)] as number;
  const high = sorted[Math.ceil(place)] as number;
  return low + (high - low) * (place - Math.floor(place));
}

/** `90 s`, `12 min`, `3.5 h`: a number that can be read at a glance. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Number((seconds / 3_600).toFixed(1))} h`;
  return `${Number((seconds / 86_400).toFixed(1))} days`;
}

/**
 * `durationsS`: of earlier runs that succeeded, in any order. `elapsedS`: of the run that goes on, null when none does:
 * earlier runs that were over by then say nothing of what is left.
 */
export function estimate(durationsS: readonly number[], elapsedS: number | null): Eta {
  const runs = durationsS.length;
  if (runs === 0) return { runs, elapsedS, leftS: null, text: 'no earlier run that succeeded' };
  const from = runs === 1 ? 'from 1 earlier run' : `from ${runs} earlier runs`;
  const left =
    elapsedS === null ? [...durationsS] : durationsS.map((total) => total - elapsedS).filter((seconds) => seconds > 0);
  if (left.length === 0) {
    const text = `longer than each of ${runs === 1 ? '1 earlier run' : `${runs} earlier runs`}`;
    return { runs, elapsedS, leftS: { median: 0, p90: 0 }, text };
  }
  const sorted = left.sort((a, b) => a - b);
  const leftS = { median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9) };
  const what = elapsedS === null ? 'a run takes about' : 'left: about';
  const text = `${what} ${durationText(leftS.median)}, ${durationText(leftS.p90)} at most in 9 of 10 (${from})`;
  return { runs, elapsedS, leftS, text };
}
