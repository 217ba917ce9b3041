// What is kept of each citizen until the import ends, in segments, so that growing copies nothing.

import { hashOfNumber } from './hash';
import {
  allocateSegment,
  allocateSlots,
  MAX_RECORD_SEGMENTS,
  MAX_RELATIVES,
  MAX_RELATIVE_SEGMENTS,
  RECORD_SEGMENTS,
  recycle,
  RELATIVE_SEGMENTS,
} from './memory';

/** A record: id f64, byte offset f64, key u32, town u32, place of its first relative u32, line u32. */
const RECORD_SHIFT: u32 = 5;
const RECORDS_SHIFT: u32 = 11; // 2,048 a segment
const RELATIVES_SHIFT: u32 = 13; // 8,192 a segment
const FIRST_SLOTS: u32 = 4096;

let count: u32 = 0;
let relativeCount: u32 = 0;
/** id -> place + 1, by open addressing; 0 is free. */
let slots: usize = 0;
let slotMask: u32 = FIRST_SLOTS - 1;

export function citizenCount(): u32 {
  return count;
}
export function relativesCount(): u32 {
  return relativeCount;
}

// @ts-ignore: decorator
@inline
export function recordAt(place: u32): usize {
  const segment = <usize>load<u32>(RECORD_SEGMENTS + ((<usize>place >> RECORDS_SHIFT) << 2));
  return segment + ((<usize>place & ((1 << RECORDS_SHIFT) - 1)) << RECORD_SHIFT);
}
// @ts-ignore: decorator
@inline
export function idAt(place: u32): f64 {
  return load<f64>(recordAt(place));
}
// @ts-ignore: decorator
@inline
export function keyAt(place: u32): u32 {
  return load<u32>(recordAt(place), 16);
}
// @ts-ignore: decorator
@inline
export function townAt(place: u32): u32 {
  return load<u32>(recordAt(place), 20);
}
// @ts-ignore: decorator
@inline
export function firstRelativeOf(place: u32): u32 {
  return load<u32>(recordAt(place), 24);
}
// @ts-ignore: decorator
@inline
export function endOfRelatives(place: u32): u32 {
  return place + 1 < count ? firstRelativeOf(place + 1) : relativeCount;
}
// @ts-ignore: decorator
@inline
function relativeAddress(at: u32): usize {
  const segment = <usize>load<u32>(RELATIVE_SEGMENTS + ((<usize>at >> RELATIVES_SHIFT) << 2));
  return segment + ((<usize>at & ((1 << RELATIVES_SHIFT) - 1)) << 3);
}
// @ts-ignore: decorator
@inline
export function relativeAt(at: u32): f64 {
  return load<f64>(relativeAddress(at));
}

export function beginRecords(): bool {
  count = 0;
  relativeCount = 0;
  slotMask = FIRST_SLOTS - 1;
  slots = allocateSlots(slotMask);
  return slots != 0;
}

/** The slot that holds the id, or the free one where it belongs. */
function slotOf(id: f64): usize {
  let slot = <u32>hashOfNumber(id) & slotMask;
  let address = slots + (<usize>slot << 2);
  let holder = load<u32>(address);
  while (holder != 0 && idAt(holder - 1) != id) {
    slot = (slot + 1) & slotMask;
    address = slots + (<usize>slot << 2);
    holder = load<u32>(address);
  }
  return address;
}

/** The place that has this id, or -1. */
export function find(id: f64): i32 {
  return <i32>load<u32>(slotOf(id)) - 1;
}

function growSlots(): bool {
  const old = slots;
  const oldBytes = (<usize>slotMask + 1) << 2;
  const made = allocateSlots(slotMask * 2 + 1);
  if (made == 0) return false;
  slots = made;
  slotMask = slotMask * 2 + 1;
  for (let place: u32 = 0; place < count; place++) store<u32>(slotOf(idAt(place)), place + 1);
  recycle(old, oldBytes);
  return true;
}

// @ts-ignore: decorator
@inline
function hasSegment(directory: usize, segment: u32, most: u32): bool {
  if (segment >= most) return false;
  const entry = directory + (<usize>segment << 2);
  if (load<u32>(entry) != 0) return true;
  const made = allocateSegment();
  store<u32>(entry, <u32>made);
  return made != 0;
}

/** Makes room for one more citizen and its relatives; false when there is none. */
export function reserveRecord(): bool {
  if (!hasSegment(RECORD_SEGMENTS, count >> RECORDS_SHIFT, MAX_RECORD_SEGMENTS)) return false;
  if (!hasSegment(RELATIVE_SEGMENTS, relativeCount >> RELATIVES_SHIFT, MAX_RELATIVE_SEGMENTS)) return false;
  const last = (relativeCount + MAX_RELATIVES) >> RELATIVES_SHIFT;
  if (!hasSegment(RELATIVE_SEGMENTS, last, MAX_RELATIVE_SEGMENTS)) return false;
  // A search in a table half full takes 1.5 steps.
  return (count + 1) * 2 <= slotMask || growSlots();
}

/** Keeps a relative of the citizen that addRecord is called for next; after reserveRecord, MAX_RELATIVES at most. */
// @ts-ignore: decorator
@inline
export function putRelative(number: u32, id: f64): void {
  store<f64>(relativeAddress(relativeCount + number), id);
}

/** Adds a citizen; false when its id is there already. After reserveRecord. */
export function addRecord(id: f64, byteOffset: f64, key: u32, town: u32, relatives: u32, line: u32): bool {
  const slot = slotOf(id);
  if (load<u32>(slot) != 0) return false;
  const record = recordAt(count);
  store<f64>(record, id);
  store<f64>(record, byteOffset, 8);
  store<u32>(record, key, 16);
  store<u32>(record, town, 20);
  store<u32>(record, relativeCount, 24);
  store<u32>(record, line, 28);
  relativeCount += relatives;
  store<u32>(slot, ++count);
  return true;
}

// @ts-ignore: decorator
@inline
function lists(place: u32, id: f64): bool {
  const end = endOfRelatives(place);
  for (let at = firstRelativeOf(place); at < end; at++) if (relativeAt(at) == id) return true;
  return false;
}

/** Whether all relatives are other citizens of the import, are there once, and list each other. */
export function areRelativesConsistent(): bool {
  for (let place: u32 = 0; place < count; place++) {
    const from = firstRelativeOf(place);
    const end = endOfRelatives(place);
    const own = idAt(place);
    for (let at = from; at < end; at++) {
      const id = relativeAt(at);
      if (id == own) return false;
      for (let before = from; before < at; before++) if (relativeAt(before) == id) return false;
      const other = find(id);
      if (other < 0 || !lists(other, own)) return false;
    }
  }
  return true;
}
