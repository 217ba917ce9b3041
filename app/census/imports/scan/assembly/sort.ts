import { HISTOGRAM } from './memory';

const DIGIT_BITS: u32 = 11;
const DIGITS: u32 = 1 << DIGIT_BITS;

function sortByDigit(from: usize, to: usize, count: u32, shift: u32): void {
  memory.fill(HISTOGRAM, 0, <usize>DIGITS << 2);
  for (let i: u32 = 0; i < count; i++) {
    const digit = <u32>(load<u64>(from + (<usize>i << 3)) >> shift) & (DIGITS - 1);
    const entry = HISTOGRAM + (<usize>digit << 2);
    store<u32>(entry, load<u32>(entry) + 1);
  }
  let before: u32 = 0;
  for (let digit: u32 = 0; digit < DIGITS; digit++) {
    const entry = HISTOGRAM + (<usize>digit << 2);
    const equal = load<u32>(entry);
    store<u32>(entry, before);
    before += equal;
  }
  for (let i: u32 = 0; i < count; i++) {
    const value = load<u64>(from + (<usize>i << 3));
    const entry = HISTOGRAM + ((<usize>(value >> shift) & (DIGITS - 1)) << 2);
    const place = load<u32>(entry);
    store<u32>(entry, place + 1);
    store<u64>(to + (<usize>place << 3), value);
  }
}

/**
 * Sorts `count` numbers (u64) at `a` by their lowest `bits`, with as much memory at `b`. Answers where they are then: `a`
 * or `b`. O(count * bits).
 */
export function sortNumbers(a: usize, b: usize, count: u32, bits: u32): usize {
  for (let shift: u32 = 0; shift < bits; shift += DIGIT_BITS) {
    sortByDigit(a, b, count, shift);
    const sorted = b;
    b = a;
    a = sorted;
  }
  return a;
}
