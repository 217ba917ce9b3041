/** Rounds half to even, as numpy's rint does. */
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

/** numpy's own interpolation, which starts from the nearer end so that both ends are exact. */
function interpolate(low: number, high: number, share: number): number {
  const difference = high - low;
  return share >= 0.5 ? high - difference * (1 - share) : low + difference * share;
}

/**
 * numpy.percentile(ages, percent, interpolation='linear'), not rounded. `low` and `high` are the ages, in ascending
 * order, at index floor(percent / 100 * (citizens - 1)) and at the next index, or the last one.
 */
export function percentile(citizens: number, percent: number, low: number, high: number): number {
  const exactPlace = (percent / 100) * (citizens - 1);
  return interpolate(low, high, exactPlace - Math.floor(exactPlace));
}
