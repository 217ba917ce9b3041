// The counts that statistics are computed from, as app/census/imports/across_records/import_counts.ts makes them: births by
// town and for the whole import, then presents by month and giver, in blocks of 128 entries.

import { allocate, ENTRIES, freeFrom, reach } from './memory';
import { putText, putUint } from './msgpack';
import {
  citizenCount,
  endOfRelatives,
  find,
  firstRelativeOf,
  idAt,
  keyAt,
  relativeAt,
  relativesCount,
  townAt,
} from './records';
import { sortNumbers } from './sort';
import { townCount, townName, townNameBytes } from './towns';

const BLOCK_ENTRIES = 128;
/** Headers, a name, and the entries. */
const MAX_BLOCK_BYTES: usize = 4096;
/** A block is an array of 5; first the place of the import's id, which the database fills in. */
const BLOCK_BEGIN: u16 = 0x0095;
const KEY_BITS: u32 = 28;
const KEY_MASK: u64 = (1 << KEY_BITS) - 1;
/** An id has up to 53 bits; the month of a present stands above it. */
const MONTH_SHIFT: u64 = 54;
const ID_MASK: u64 = (<u64>1 << MONTH_SHIFT) - 1;
const BIRTHS: u32 = 0;
const PRESENTS: u32 = 1;

/** (kind u32, end u32) of each block, in the order in which they were made. */
let ends: usize = 0;
let maxEnds: u32 = 0;
let blocks: u32 = 0;
let begin: usize = 0;
let at: usize = 0;

export function blockCount(): u32 {
  return blocks;
}
export function blockEnds(): usize {
  return ends;
}
export function blocksBegin(): usize {
  return begin;
}

/** Makes the blocks of sorted numbers [from, to), whose keys are their lowest bits; false when memory is out. */
function putBlocks(numbers: usize, from: u32, to: u32, mask: u64, kind: u32, name: usize, nameBytes: u32): bool {
  let i = from;
  while (i < to) {
    if (blocks == maxEnds || !reach(at + MAX_BLOCK_BYTES)) return false;
    // The first block of a group begins at 0, so that every later key belongs to a block.
    const first: u64 = i == from ? 0 : load<u64>(numbers + (<usize>i << 3)) & mask;
    const start = i;
    let entry = ENTRIES;
    for (let entries = 0; entries < BLOCK_ENTRIES && i < to; entries++) {
      const value = load<u64>(numbers + (<usize>i << 3));
      const equalFrom = i;
      do i++; while (i < to && load<u64>(numbers + (<usize>i << 3)) == value);
      if (kind == BIRTHS) {
        store<u32>(entry, <u32>(value & mask));
        entry += 4;
      } else {
        store<f64>(entry, <f64>(value & mask));
        entry += 8;
      }
      store<u32>(entry, i - equalFrom);
      entry += 4;
    }
    store<u16>(at, BLOCK_BEGIN);
    at += 2;
    at = kind == BIRTHS ? putText(at, name, name + nameBytes) : putUint(at, nameBytes);
    at = putUint(at, first);
    at = putUint(at, i - start);
    at = putText(at, ENTRIES, entry);
    store<u32>(ends + (<usize>blocks << 3), kind);
    store<u32>(ends + (<usize>blocks << 3), <u32>at, 4);
    blocks++;
  }
  return true;
}

function bitsOf(value: u64): u32 {
  return 64 - <u32>clz(value);
}

function putBirths(a: usize, b: usize): bool {
  const count = citizenCount();
  for (let i: u32 = 0; i < count; i++) store<u64>(a + (<usize>i << 3), (<u64>townAt(i) << KEY_BITS) | keyAt(i));
  const byTown = sortNumbers(a, b, count, KEY_BITS + bitsOf(townCount()));
  let from: u32 = 0;
  while (from < count) {
    const town = <u32>(load<u64>(byTown + (<usize>from << 3)) >> KEY_BITS);
    let to = from;
    do to++; while (to < count && <u32>(load<u64>(byTown + (<usize>to << 3)) >> KEY_BITS) == town);
    if (!putBlocks(byTown, from, to, KEY_MASK, BIRTHS, townName(town), townNameBytes(town))) return false;
    from = to;
  }
  for (let i: u32 = 0; i < count; i++) store<u64>(a + (<usize>i << 3), <u64>keyAt(i));
  return putBlocks(sortNumbers(a, b, count, KEY_BITS), 0, count, KEY_MASK, BIRTHS, 0, 0);
}

/** A key is twice the birth date, plus one for a woman; a birth date is 20001231. */
function monthOf(key: u32): u64 {
  return (key / 200) % 100;
}

function putPresents(a: usize, b: usize): bool {
  let count: u32 = 0;
  for (let place: u32 = 0; place < citizenCount(); place++) {
    const giver = <u64>idAt(place);
    const end = endOfRelatives(place);
    for (let relative = firstRelativeOf(place); relative < end; relative++) {
      const month = monthOf(keyAt(find(relativeAt(relative))));
      store<u64>(a + (<usize>count << 3), (month << MONTH_SHIFT) | giver);
      count++;
    }
  }
  const sorted = sortNumbers(a, b, count, <u32>MONTH_SHIFT + 4);
  let from: u32 = 0;
  while (from < count) {
    const month = load<u64>(sorted + (<usize>from << 3)) >> MONTH_SHIFT;
    let to = from;
    do to++; while (to < count && load<u64>(sorted + (<usize>to << 3)) >> MONTH_SHIFT == month);
    if (!putBlocks(sorted, from, to, ID_MASK, PRESENTS, 0, <u32>month)) return false;
    from = to;
  }
  return true;
}

/** Makes all blocks; nothing may be added afterwards. After areRelativesConsistent. False when memory is out. */
export function makeBlocks(): bool {
  const most = <usize>max(citizenCount(), relativesCount()) << 3;
  const a = allocate(most);
  const b = allocate(most);
  // Full blocks, and one that is not full for each group: a town, the whole import, a month.
  maxEnds = (citizenCount() * 2 + relativesCount()) / BLOCK_ENTRIES + townCount() + 16;
  ends = allocate(<usize>maxEnds << 3);
  if (a == 0 || b == 0 || ends == 0) return false;
  blocks = 0;
  begin = freeFrom();
  at = begin;
  return putBirths(a, b) && putPresents(a, b);
}
