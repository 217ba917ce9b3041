// The pieces of JSON, read from zero-padded bytes that are UTF-8.

const QUOTE: u32 = 0x22;
const NEWLINE: u32 = 0x0a;

/** In NDJSON a newline ends the record; in JSON it is a blank. */
let newlineEnds: bool = false;
export function setNewlineEnds(ends: bool): void {
  newlineEnds = ends;
}

// @ts-ignore: decorator
@inline
export function skipBlanks(place: usize): usize {
  let byte = <u32>load<u8>(place);
  while (byte <= 0x20 && (byte == 0x20 || byte == 0x09 || byte == 0x0d || (byte == NEWLINE && !newlineEnds))) {
    byte = <u32>load<u8>(++place);
  }
  return place;
}

/** Characters of the text that textEnd found last. */
export let textCharacters: i32 = 0;

/** The closing quote of a text that begins at `place`; 0 where an escape, a control character or the padding comes first. */
export function textEnd(place: usize): usize {
  const quote = i8x16.splat(<i8>QUOTE);
  const backslash = i8x16.splat(0x5c);
  const space = i8x16.splat(0x20);
  // As signed numbers, bytes of the form 10xxxxxx, which continue a character, are below this.
  const firstOfCharacter = i8x16.splat(-64);
  let characters = 0;
  for (;;) {
    const bytes = v128.load(place);
    const stops = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_u(bytes, space)),
    );
    const firsts = i8x16.bitmask(i8x16.ge_s(bytes, firstOfCharacter));
    if (stops == 0) {
      characters += popcnt(firsts);
      place += 16;
      continue;
    }
    const at = ctz(stops);
    textCharacters = characters + popcnt(firsts & ((1 << at) - 1));
    place += at;
    return load<u8>(place) == <u8>QUOTE ? place : 0;
  }
}

/** ASCII letters and digits, and the first bytes of U+0400 to U+047F, which are all letters. */
// @ts-ignore: decorator
@inline
function startsLetter(byte: u32): bool {
  return (byte | 1) == 0xd1 || (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10;
}

export function hasLetter(place: usize, end: usize): bool {
  for (; place < end; place++) if (startsLetter(load<u8>(place))) return true;
  return false;
}

/** One more digit could pass 2^53. */
const MAX_DIGITS: usize = 15;

/** The number that integerEnd read last. */
export let integer: u64 = 0;

/** The place behind a whole number of up to 15 digits; 0 for anything else. */
// @ts-ignore: decorator
@inline
export function integerEnd(place: usize): usize {
  const from = place;
  let value: u64 = 0;
  let digit = <u32>load<u8>(place) - 0x30;
  while (digit < 10) {
    value = value * 10 + digit;
    digit = <u32>load<u8>(++place) - 0x30;
  }
  const digits = place - from;
  if (digits == 0 || digits > MAX_DIGITS || (digits > 1 && load<u8>(from) == 0x30)) return 0;
  integer = value;
  return place;
}

/** Far from what two digits can be. */
const NOT_DIGITS: u32 = 10000;

// @ts-ignore: decorator
@inline
function twoDigits(place: usize): u32 {
  const tens = <u32>load<u8>(place) - 0x30;
  const ones = <u32>load<u8>(place, 1) - 0x30;
  return tens < 10 && ones < 10 ? tens * 10 + ones : NOT_DIGITS;
}

function daysIn(month: u32, year: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** `31.12.2000` -> 20001231; 0 when no such day exists in the years 0001 to 9999. */
export function birthDate(from: usize, end: usize): u32 {
  if (end - from != 10 || load<u8>(from, 2) != 0x2e || load<u8>(from, 5) != 0x2e) return 0;
  const day = twoDigits(from);
  const month = twoDigits(from + 3);
  const year = twoDigits(from + 6) * 100 + twoDigits(from + 8);
  if (year == 0 || year > 9999 || month == 0 || month > 12 || day == 0 || day > daysIn(month, year)) return 0;
  return year * 10000 + month * 100 + day;
}
