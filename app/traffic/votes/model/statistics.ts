/** Cases closed within 2^(step / 4) seconds, and in more than the step before. */
type TimeCount = { step: number; count: number };

const STEPS_AN_OCTAVE = 4;

/** The upper bound in seconds of the step in which the share of the cases lies: at most 19% too long. O(steps) */
export function percentileOfSteps(counts: readonly TimeCount[], share: number): number | null {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  let passed = 0;
  for (const { step, count } of counts.toSorted((a, b) => a.step - b.step)) {
    passed += count;
    if (count > 0 && passed >= share * total) return 2 ** (step / STEPS_AN_OCTAVE);
  }
  return null;
}
