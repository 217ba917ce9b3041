/** So many citizens of one age. */
export type AgeCount = { age: number; citizens: number };

/** Half to even, as numpy's rint. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** numpy.around(value, 2): on value * 100 in float64. */
export function roundTo2Places(value: number): number {
  return roundHalfToEven(value * 100) / 100;
}

/** numpy's own interpolation: from the nearer end, so that both ends are exact. */
function interpolate(low: number, high: number, share: number): number {
  const difference = high - low;
  return share >= 0.5 ? high - difference * (1 - share) : low + difference * share;
}

/** The age at a place of the ordered list that the counts stand for. */
function ageAt(counts: readonly AgeCount[], place: number): number {
  let seen = 0;
  for (const { age, citizens } of counts) {
    seen += citizens;
    if (place < seen) return age;
  }
  throw new RangeError(`there is no place ${place} among ${seen} ages`);
}

/**
 * numpy.percentile(ages, percent, interpolation='linear'), not rounded. `counts` are in order of age and not empty.
 * O(different ages).
 */
export function percentile(counts: readonly AgeCount[], percent: number): number {
  const total = counts.reduce((sum, { citizens }) => sum + citizens, 0);
  const exactPlace = (percent / 100) * (total - 1);
  const place = Math.floor(exactPlace);
  const next = Math.min(place + 1, total - 1);
  return interpolate(ageAt(counts, place), ageAt(counts, next), exactPlace - place);
}
