/** Deeper values are of no use to anybody, and code that walks them would need a stack as deep. */
export const MAX_DEPTH = 100;

/**
 * The place of the first value that JSON could not give back: nested too deeply, or a number beyond the range of a double,
 * which JSON.parse makes Infinity. Undefined when there is none. O(size)
 */
export function findUnkept(value: unknown): { pointer: string; detail: string } | undefined {
  type Place = { value: unknown; depth: number; pointer: string };
  const places: Place[] = [{ value, depth: 1, pointer: '' }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { value: found, depth, pointer } = place;
    if (typeof found === 'number' && !Number.isFinite(found))
      return { pointer, detail: 'is beyond the range of numbers' };
    if (typeof found !== 'object' || found === null) continue;
    if (depth > MAX_DEPTH) return { pointer, detail: `is nested more than ${MAX_DEPTH} levels deep` };
    for (const [key, each] of Object.entries(found)) {
      if (typeof each !== 'object' && typeof each !== 'number') continue;
      places.push({
        value: each,
        depth: depth + 1,
        pointer: `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      });
    }
  }
  return undefined;
}
