// Towns are numbered by the bytes of their names, in the order in which they come.

import { hashOfText } from './hash';
import { allocateSegment, allocateSlots, MAX_TOWN_SEGMENTS, recycle, SEGMENT_BYTES, TOWN_SEGMENTS } from './memory';

/** A town: where its name is u32, bytes of the name u32, hash u64. */
const TOWN_SHIFT: u32 = 4;
const TOWNS_SHIFT: u32 = 12; // 4,096 a segment
const FIRST_SLOTS: u32 = 1024;
export const NO_ROOM: u32 = 0xffff_ffff;
/** More than a name has: 256 characters of 4 bytes, and what is copied behind it. */
const NAME_ROOM: usize = 1024 + 16;

let count: u32 = 0;
let slots: usize = 0;
let slotMask: u32 = FIRST_SLOTS - 1;
let names: usize = 0;
let namesEnd: usize = 0;

export function townCount(): u32 {
  return count;
}
function townAddress(town: u32): usize {
  const segment = <usize>load<u32>(TOWN_SEGMENTS + ((<usize>town >> TOWNS_SHIFT) << 2));
  return segment + ((<usize>town & ((1 << TOWNS_SHIFT) - 1)) << TOWN_SHIFT);
}
export function townName(town: u32): usize {
  return load<u32>(townAddress(town));
}
export function townNameBytes(town: u32): u32 {
  return load<u32>(townAddress(town), 4);
}

export function beginTowns(): bool {
  count = 0;
  slotMask = FIRST_SLOTS - 1;
  names = 0;
  namesEnd = 0;
  slots = allocateSlots(slotMask);
  return slots != 0;
}

function growSlots(): bool {
  const old = slots;
  const oldBytes = (<usize>slotMask + 1) << 2;
  const made = allocateSlots(slotMask * 2 + 1);
  if (made == 0) return false;
  slots = made;
  slotMask = slotMask * 2 + 1;
  for (let town: u32 = 0; town < count; town++) {
    let slot = <u32>load<u64>(townAddress(town), 8) & slotMask;
    while (load<u32>(slots + (<usize>slot << 2)) != 0) slot = (slot + 1) & slotMask;
    store<u32>(slots + (<usize>slot << 2), town + 1);
  }
  recycle(old, oldBytes);
  return true;
}

function addTown(from: usize, bytes: u32, hash: u64): bool {
  const segment = count >> TOWNS_SHIFT;
  if (segment >= MAX_TOWN_SEGMENTS) return false;
  const entry = TOWN_SEGMENTS + (<usize>segment << 2);
  if (load<u32>(entry) == 0) store<u32>(entry, <u32>allocateSegment());
  if (load<u32>(entry) == 0) return false;
  if (names + NAME_ROOM > namesEnd) {
    names = allocateSegment();
    if (names == 0) return false;
    namesEnd = names + SEGMENT_BYTES;
  }
  memory.copy(names, from, bytes);
  const town = townAddress(count);
  store<u32>(town, <u32>names);
  store<u32>(town, bytes, 4);
  store<u64>(town, hash, 8);
  names += bytes;
  count++;
  return true;
}

/** The number of the town whose name is [from, end), 1,024 bytes at most; NO_ROOM when it cannot be kept. */
export function townNumber(from: usize, end: usize): u32 {
  const bytes = <u32>(end - from);
  const hash = hashOfText(from, end);
  let slot = <u32>hash & slotMask;
  for (;;) {
    const holder = load<u32>(slots + (<usize>slot << 2));
    if (holder == 0) break;
    const town = townAddress(holder - 1);
    if (
      load<u64>(town, 8) == hash &&
      load<u32>(town, 4) == bytes &&
      memory.compare(load<u32>(town), from, bytes) == 0
    ) {
      return holder - 1;
    }
    slot = (slot + 1) & slotMask;
  }
  if (!addTown(from, bytes, hash)) return NO_ROOM;
  store<u32>(slots + (<usize>slot << 2), count);
  if (count * 2 > slotMask && !growSlots()) return NO_ROOM;
  return count - 1;
}
