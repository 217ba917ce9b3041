import type { Violation } from '../../../errors.js';

type Report = (violation: Violation) => void;

/** Whether it is a number that an id can be. */
export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Position of the first equal id in front of `position`; undefined when there is none. */
function createRepeatFinder(length: number): (id: number, position: number) => number | undefined {
  if (length < 2) return () => undefined;
  const firstPosition = new Map<number, number>();
  return (id, position) => {
    const first = firstPosition.get(id);
    if (first === undefined) firstPosition.set(id, position);
    return first;
  };
}

/**
 * The rules of one list of relatives: not oneself, nobody twice. `each` gets the ids that keep both.
 * `pointer` leads to the list. O(relatives).
 */
export function checkRelativesList(
  citizenId: unknown,
  relatives: readonly unknown[],
  pointer: string,
  report: Report,
  each: (id: number, pointer: string) => void = () => {},
): void {
  const findRepeat = createRepeatFinder(relatives.length);
  relatives.forEach((id, position) => {
    if (!isId(id)) return;
    const own = `${pointer}/${position}`;
    const first = findRepeat(id, position);
    if (id === citizenId) {
      report({ pointer: own, code: 'SELF_RELATIVE', detail: `citizen ${id} cannot be a relative of itself` });
    } else if (first !== undefined) {
      const peer = `${pointer}/${first}`;
      report({ pointer: own, code: 'DUPLICATE_RELATIVE', detail: `citizen ${id} is listed already`, peer });
    } else {
      each(id, own);
    }
  });
}
