// Rows (MessagePack, as they are stored) to the JSON of citizens, 16 bytes at a time. plain_json.ts calls it; the twin in
// JavaScript is citizens_json.ts.

const PADDING: usize = 64;
/** Fixed texts, 32 bytes each; the host puts them here. */
const TEXTS: usize = 1024;
const TEXT_BYTES: usize = 32;
/** A slice of the rows, with zeros behind it. */
const INPUT: usize = 2048;
const INPUT_BYTES: usize = 65536;
const OUTPUT: usize = INPUT + INPUT_BYTES + PADDING;
/**
 * Behind this no row is begun. The longest text of a row that fits into a slice has 6 bytes for each byte, as \u0000, and 1 KiB
 * of fixed text: the memory of 9 pages has room for it.
 */
const OUTPUT_BYTES: usize = 65536;

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const COMMA: u8 = 0x2c;
const DOT: u8 = 0x2e;
const ZERO: u32 = 0x30;
/** ]} */
const END_OF_CITIZEN: u16 = 0x7d5d;
/** The header of a row of ten fields. */
const ROW_BEGIN: u8 = 0x9a;

export function textsAt(): usize {
  return TEXTS;
}
export function inputAt(): usize {
  return INPUT;
}
export function outputAt(): usize {
  return OUTPUT;
}

let place: usize = 0;
let end: usize = 0;
let isWrong: bool = false;

/** An unsigned integer. */
// @ts-ignore: decorator
@inline
function readUint(): u64 {
  const code = <u32>load<u8>(place);
  if (code < 0x80) {
    place += 1;
    return code;
  }
  switch (code) {
    case 0xcc:
      place += 2;
      return load<u8>(place - 1);
    case 0xcd:
      place += 3;
      return bswap<u16>(load<u16>(place - 2));
    case 0xce:
      place += 5;
      return bswap<u32>(load<u32>(place - 4));
    case 0xcf:
      place += 9;
      return bswap<u64>(load<u64>(place - 8));
    default:
      isWrong = true;
      return 0;
  }
}

/** The bytes of a string; its text begins at `place` then. */
// @ts-ignore: decorator
@inline
function readStringBytes(): usize {
  const code = <u32>load<u8>(place);
  if (code >= 0xa0 && code < 0xc0) {
    place += 1;
    return code & 31;
  }
  if (code == 0xd9) {
    place += 2;
    return load<u8>(place - 1);
  }
  if (code == 0xda) {
    place += 3;
    return bswap<u16>(load<u16>(place - 2));
  }
  isWrong = true;
  return 0;
}

// @ts-ignore: decorator
@inline
function readListLength(): usize {
  const code = <u32>load<u8>(place);
  if (code >= 0x90 && code < 0xa0) {
    place += 1;
    return code & 15;
  }
  if (code == 0xdc) {
    place += 3;
    return bswap<u16>(load<u16>(place - 2));
  }
  isWrong = true;
  return 0;
}

// @ts-ignore: decorator
@inline
function putFixed(at: usize, number: usize, bytes: usize): usize {
  const text = TEXTS + number * TEXT_BYTES;
  v128.store(at, v128.load(text));
  return at + bytes;
}

// @ts-ignore: decorator
@inline
function putUint(at: usize, value: u64): usize {
  if (value < 10) {
    store<u8>(at, <u8>(ZERO + <u32>value));
    return at + 1;
  }
  let digits: usize = 0;
  for (let rest = value; rest > 0; rest /= 10) digits++;
  let rest = value;
  for (let i = digits; i > 0; i--) {
    store<u8>(at + i - 1, <u8>(ZERO + <u32>(rest % 10)));
    rest /= 10;
  }
  return at + digits;
}

// @ts-ignore: decorator
@inline
function putTwo(at: usize, value: u32): usize {
  store<u8>(at, <u8>(ZERO + (value / 10) % 10));
  store<u8>(at, <u8>(ZERO + (value % 10)), 1);
  return at + 2;
}

/** 20001231 -> 31.12.2000 */
function putDate(at: usize, date: u32): usize {
  at = putTwo(at, date % 100);
  store<u8>(at, DOT);
  at = putTwo(at + 1, (date / 100) % 100);
  store<u8>(at, DOT);
  at = putTwo(at + 1, date / 1000000);
  return putTwo(at, (date / 10000) % 100);
}

function hexDigit(value: u32): u8 {
  return <u8>(value < 10 ? ZERO + value : 0x57 + value);
}

/** The letter of a short escape; 0 where there is none. */
function shortEscape(byte: u32): u8 {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
      return <u8>byte;
    case 0x08:
      return 0x62;
    case 0x09:
      return 0x74;
    case 0x0a:
      return 0x6e;
    case 0x0c:
      return 0x66;
    case 0x0d:
      return 0x72;
    default:
      return 0;
  }
}

function putEscaped(at: usize, from: usize, to: usize): usize {
  for (; from < to; from++) {
    const byte = <u32>load<u8>(from);
    if (byte >= 0x20 && byte != QUOTE && byte != BACKSLASH) {
      store<u8>(at++, <u8>byte);
      continue;
    }
    store<u8>(at++, <u8>BACKSLASH);
    const letter = shortEscape(byte);
    if (letter != 0) {
      store<u8>(at++, letter);
      continue;
    }
    store<u32>(at, 0x30303075); // u000
    store<u8>(at, hexDigit(byte >> 4), 3);
    store<u8>(at, hexDigit(byte & 15), 4);
    at += 5;
  }
  return at;
}

function putString(at: usize): usize {
  const bytes = readStringBytes();
  const from = place;
  place += bytes;
  if (place > end) {
    isWrong = true;
    return at;
  }
  const quote = i8x16.splat(<i8>QUOTE);
  const backslash = i8x16.splat(<i8>BACKSLASH);
  const space = i8x16.splat(0x20);
  let copied: usize = 0;
  do {
    const text = v128.load(from + copied);
    v128.store(at + copied, text);
    let escapes = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(text, quote), i8x16.eq(text, backslash)), i8x16.lt_u(text, space)),
    );
    const left = bytes - copied;
    if (left < 16) escapes &= (1 << <i32>left) - 1;
    if (escapes != 0) return putEscaped(at, from, place);
    copied += 16;
  } while (copied < bytes);
  return at + bytes;
}

function putIds(at: usize): usize {
  const count = readListLength();
  // Each takes a byte at least.
  if (place + count > end) {
    isWrong = true;
    return at;
  }
  let ids: usize = 0;
  for (; ids < count && place < end; ids++) {
    if (ids > 0) store<u8>(at++, COMMA);
    at = putUint(at, readUint());
  }
  if (ids < count) isWrong = true;
  return at;
}

/** Reads the row at `place`. Sets isWrong when it is not all there, or is no citizen. */
function putCitizen(at: usize): usize {
  isWrong = load<u8>(place) != ROW_BEGIN;
  place += 1;
  readUint(); // the import
  at = putUint(putFixed(at, 0, 14), readUint());
  at = putString(putFixed(at, 1, 9));
  at = putString(putFixed(at, 2, 12));
  at = putString(putFixed(at, 3, 14));
  at = putUint(putFixed(at, 4, 14), readUint());
  at = putString(putFixed(at, 5, 9));
  at = putDate(putFixed(at, 6, 16), <u32>readUint());
  at = putString(putFixed(at, 7, 12));
  at = putIds(putFixed(at, 8, 15));
  store<u16>(at, END_OF_CITIZEN);
  return at + 2;
}

let readBytes: usize = 0;
let writtenBytes: usize = 0;

/** Bytes of the rows that the last call has read. */
export function readTo(): usize {
  return readBytes;
}
/** Bytes of text that the last call has written. */
export function writtenTo(): usize {
  return writtenBytes;
}

/**
 * Writes the JSON of the rows in the first `bytes` of the input, `maxRows` at most, and `before` or `after` each one byte,
 * where that is not 0. Stops at a row that is not all there. Answers how many rows it has written.
 */
export function toJson(bytes: usize, maxRows: u32, before: u32, after: u32): u32 {
  place = INPUT;
  end = INPUT + bytes;
  readBytes = 0;
  let rows: u32 = 0;
  let at = OUTPUT;
  while (rows < maxRows && place < end && at < OUTPUT + OUTPUT_BYTES) {
    const begin = at;
    if (before != 0) store<u8>(at++, <u8>before);
    at = putCitizen(at);
    if (isWrong || place > end) {
      at = begin;
      break;
    }
    if (after != 0) store<u8>(at++, <u8>after);
    readBytes = place - INPUT;
    rows++;
  }
  writtenBytes = at - OUTPUT;
  return rows;
}
