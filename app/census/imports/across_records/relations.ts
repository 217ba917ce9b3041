import type { Violation } from '../../../errors.js';
import { checkRelativesList, isId } from '../../citizens/model/consistency.js';
import { type Column, createColumn } from './column.js';

/**
 * The rules across the records of one import: ids must be unique, and relatives must be other citizens of the import,
 * unique, and list each other.
 */
export type Relations = {
  /**
   * Adds the next record; its place is the number of records before it. `byteOffset` and `line` locate it in the body and
   * go into its violations. A repeated id is reported at once. Values of a wrong type are skipped: the shape rules report
   * them.
   */
  add(citizenId: unknown, relatives: unknown, byteOffset: number, line?: number): void;
  /** Records added. */
  count(): number;
  /** Reports what can be checked only after the last record. O(citizens + relatives). */
  check(): void;
  /**
   * Visits each pair of a record and its relative, as places; only when check() found nothing. O(citizens + relatives).
   */
  eachPair(visit: (place: number, relativePlace: number) => void): void;
  /** The citizen_id at a place. */
  idAt(place: number): number;
  /** Memory held, and needed by check() and eachPair(). */
  heldBytes(): number;
};

const FIRST_SLOTS = 4096;
/** Marks an invalid id: NaN equals nothing. */
const NO_ID = Number.NaN;
/** The only relative of a record whose `relatives` is not an array: such a record is assumed to list everybody. */
const NO_LIST = -1;
/** A list of up to 64 is searched as it is; a longer one is sorted once, into a copy. */
const LONG_LIST = 64;

type IdIndex = {
  /** The place that has this id, or -1. */
  find(id: number): number;
  /**
   * Registers the id at `place`, the last of `ids`. Returns the place that has the same id already and keeps it, or -1.
   */
  claim(place: number): number;
  heldBytes(): number;
};

/** id -> place, by open addressing: 6 to 12 bytes per id. A Map takes 40 and is limited to 16.7 million entries. */
function createIdIndex(ids: Column): IdIndex {
  /** place + 1; 0 is free. */
  let slots = new Int32Array(FIRST_SLOTS);
  let used = 0;
  // Random, so that no client can choose ids that all collide.
  const seed = (Math.random() * 2 ** 32) | 0;

  /** The slot of the id, or the free slot where it belongs. */
  function slotOf(id: number): number {
    let hash = Math.imul(id ^ seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (id / 2 ** 32), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ seed, 0xc2b2ae35);
    const mask = slots.length - 1;
    let slot = (hash ^ (hash >>> 16)) & mask;
    for (let place = slots[slot] as number; place !== 0; place = slots[slot] as number) {
      if (ids.at(place - 1) === id) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  function grow(): void {
    const old = slots;
    slots = new Int32Array(old.length * 2);
    for (const place of old) if (place !== 0) slots[slotOf(ids.at(place - 1))] = place;
  }

  return {
    find: (id) => (slots[slotOf(id)] as number) - 1,
    claim(place) {
      const slot = slotOf(ids.at(place));
      const holder = (slots[slot] as number) - 1;
      if (holder >= 0) return holder;
      slots[slot] = place + 1;
      // A search in a table two thirds full takes two steps.
      if (++used * 3 > slots.length * 2) grow();
      return -1;
    },
    heldBytes: () => slots.byteLength,
  };
}

/** Whether a sorted list contains the id. */
function isIn(sorted: Float64Array, id: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === id;
}

/** Pure. Keeps about 42 bytes per citizen and 8 per relative, not the citizens themselves. */
export function createRelations(report: (violation: Violation) => void): Relations {
  const ids = createColumn();
  const byteOffsets = createColumn();
  const lines = createColumn();
  /** Offset of the relatives of each place; they end where those of the next place begin. */
  const starts = createColumn();
  const relativeIds = createColumn();
  const index = createIdIndex(ids);

  function reportOf(place: number, violation: Violation): void {
    const line = lines.at(place);
    report({ ...violation, byteOffset: byteOffsets.at(place), ...(line > 0 && { line }) });
  }

  function endOf(place: number): number {
    return place + 1 < starts.length() ? starts.at(place + 1) : relativeIds.length();
  }

  /** The relatives of a place, with NO_ID for invalid ids; undefined when `relatives` is not an array. */
  function listOf(place: number): number[] | undefined {
    const start = starts.at(place);
    const length = endOf(place) - start;
    if (length === 1 && relativeIds.at(start) === NO_LIST) return undefined;
    const list: number[] = [];
    for (let at = start; at < start + length; at++) list.push(relativeIds.at(at));
    return list;
  }

  /** Returns a function that tells whether the record at a place lists an id. */
  function createBackLook(): (place: number, id: number) => boolean {
    const sortedLists = new Map<number, Float64Array>();
    return (place, id) => {
      const start = starts.at(place);
      const end = endOf(place);
      if (end - start > LONG_LIST) {
        let sorted = sortedLists.get(place);
        if (sorted === undefined) {
          sorted = Float64Array.from(listOf(place) ?? []).sort();
          sortedLists.set(place, sorted);
        }
        return isIn(sorted, id);
      }
      for (let at = start; at < end; at++) if (relativeIds.at(at) === id) return true;
      return end - start === 1 && relativeIds.at(start) === NO_LIST;
    };
  }

  return {
    add(citizenId, relatives, byteOffset, line = 0) {
      const place = ids.length();
      ids.push(isId(citizenId) ? citizenId : NO_ID);
      byteOffsets.push(byteOffset);
      lines.push(line);
      starts.push(relativeIds.length());
      if (Array.isArray(relatives)) for (const id of relatives) relativeIds.push(isId(id) ? id : NO_ID);
      else relativeIds.push(NO_LIST);
      if (!isId(citizenId)) return;
      const first = index.claim(place);
      if (first < 0) return;
      reportOf(place, {
        pointer: `/citizens/${place}/citizen_id`,
        code: 'DUPLICATE_CITIZEN_ID',
        detail: `another citizen has the id ${citizenId}`,
        peer: `/citizens/${first}/citizen_id`,
      });
    },

    count: ids.length,
    idAt: ids.at,
    heldBytes() {
      const columns = [ids, byteOffsets, lines, starts, relativeIds];
      const columnBytes = columns.reduce((sum, column) => sum + column.heldBytes(), 0);
      // Relatives count twice: check() sorts copies of long lists, and presents are counted from a list of all pairs.
      return columnBytes + relativeIds.heldBytes() + index.heldBytes();
    },

    eachPair(visit) {
      for (let place = 0; place < ids.length(); place++) {
        for (let at = starts.at(place); at < endOf(place); at++) visit(place, index.find(relativeIds.at(at)));
      }
    },

    check() {
      const listsBack = createBackLook();
      for (let place = 0; place < ids.length(); place++) {
        if (endOf(place) === starts.at(place)) continue;
        const list = listOf(place);
        if (list === undefined) continue;
        const citizenId = ids.at(place);
        const reportOwn = (violation: Violation) => reportOf(place, violation);
        checkRelativesList(citizenId, list, `/citizens/${place}/relatives`, reportOwn, (id, pointer) => {
          const other = index.find(id);
          if (other < 0) {
            reportOwn({ pointer, code: 'UNKNOWN_RELATIVE', detail: `no citizen of this import has the id ${id}` });
          } else if (isId(citizenId) && !listsBack(other, citizenId)) {
            const peer = `/citizens/${other}/relatives`;
            const detail = `citizen ${id} does not list ${citizenId} back`;
            reportOwn({ pointer, code: 'ONE_SIDED_RELATIVE', detail, peer });
          }
        });
      }
    },
  };
}
