import type { Violation } from '../../../errors.js';

type Report = (violation: Violation) => void;

/** Whether the value is a valid id. */
export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Returns a function: the position of the first equal id before `position`; undefined when there is none. */
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
 * Checks one list of relatives: ids must be unique and not the citizen's own. `each` gets the valid ids.
 * `pointer`: of the list. O(relatives).
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
