import type { Violation } from '../errors.js';

/** What the rules across records look at. Values of a wrong type are passed over: the shape rules tell of them. */
export type RelatedRecord = { readonly citizen_id?: unknown; readonly relatives?: unknown };

type Report = (violation: Violation) => void;

/** From this many relatives on, whether somebody is among them is looked up in a set. */
const LONG_LIST = 16;

function isId(value: unknown): value is number {
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

/** id -> place of the first record that has it; the later ones are reported. */
function indexById(records: readonly RelatedRecord[], report: Report): ReadonlyMap<number, number> {
  const placeOf = new Map<number, number>();
  records.forEach(({ citizen_id: id }, place) => {
    if (!isId(id)) return;
    const first = placeOf.get(id);
    if (first === undefined) {
      placeOf.set(id, place);
      return;
    }
    report({
      pointer: `/citizens/${place}/citizen_id`,
      code: 'DUPLICATE_CITIZEN_ID',
      detail: `another citizen has the id ${id}`,
      peer: `/citizens/${first}/citizen_id`,
    });
  });
  return placeOf;
}

/** Answers whether the record at a place lists an id. A record whose list is no list is given the benefit of the doubt. */
function createBackLook(records: readonly RelatedRecord[]): (place: number, id: number) => boolean {
  const sets = new Map<number, ReadonlySet<unknown>>();
  return (place, id) => {
    const relatives = records[place]?.relatives;
    if (!Array.isArray(relatives)) return true;
    if (relatives.length < LONG_LIST) return relatives.includes(id);
    let set = sets.get(place);
    if (set === undefined) {
      set = new Set(relatives);
      sets.set(place, set);
    }
    return set.has(id);
  };
}

/**
 * Reports every breach of the rules across an import's records: ids used twice, relatives that are oneself, listed
 * twice, unknown, or do not list back. Pure; O(citizens + relatives).
 */
export function checkConsistency(records: readonly RelatedRecord[], report: Report): void {
  const placeOf = indexById(records, report);
  const listsBack = createBackLook(records);
  records.forEach(({ citizen_id: citizenId, relatives }, place) => {
    if (!Array.isArray(relatives)) return;
    checkRelativesList(citizenId, relatives, `/citizens/${place}/relatives`, report, (id, pointer) => {
      const otherPlace = placeOf.get(id);
      if (otherPlace === undefined) {
        report({ pointer, code: 'UNKNOWN_RELATIVE', detail: `no citizen of this import has the id ${id}` });
      } else if (isId(citizenId) && !listsBack(otherPlace, citizenId)) {
        const peer = `/citizens/${otherPlace}/relatives`;
        report({ pointer, code: 'ONE_SIDED_RELATIVE', detail: `citizen ${id} does not list ${citizenId} back`, peer });
      }
    });
  });
}
