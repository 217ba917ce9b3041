// Texts with escapes, decoded as app/census/imports/reading/escaped_text.ts does.

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const SMALL_U: u32 = 0x75;
const MAX_CHARACTERS: u32 = 256;
const NONE: u32 = 0xffff_ffff;
const HIGH_SURROGATES: u32 = 0xd800;
const LOW_SURROGATES: u32 = 0xdc00;
const SURROGATES: u32 = 0x400;
const PAIRS_BEGIN: u32 = 0x1_0000;

/** Of the text that decodeText has decoded last. */
export let decodedEnd: usize = 0;
export let decodedCharacters: i32 = 0;

/** The UTF-16 unit of the `\uXXXX` at `place`; NONE when there is none. The four digits are converted at once. */
// @ts-ignore: decorator
@inline
function unitAt(place: usize): u32 {
  if (load<u16>(place) != 0x755c) return NONE;
  const written = i32x4.splat(load<i32>(place, 2));
  const digits = i8x16.sub(written, i8x16.splat(0x30));
  const letters = i8x16.sub(v128.or(written, i8x16.splat(0x20)), i8x16.splat(0x61));
  const isDigit = i8x16.lt_u(digits, i8x16.splat(10));
  const isLetter = i8x16.lt_u(letters, i8x16.splat(6));
  if (!i8x16.all_true(v128.or(isDigit, isLetter))) return NONE;
  const values = v128.bitselect(digits, i8x16.add(letters, i8x16.splat(10)), isDigit);
  const value = <u32>i32x4.extract_lane(values, 0);
  return ((value & 0xf) << 12) | (value & 0xf00) | ((value >> 12) & 0xf0) | (value >> 24);
}

/** The character that a byte after a backslash means; NONE when it means none. */
function shortEscape(byte: u32): u32 {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
      return byte;
    case 0x62: // b
      return 0x08;
    case 0x66: // f
      return 0x0c;
    case 0x6e: // n
      return 0x0a;
    case 0x72: // r
      return 0x0d;
    case 0x74: // t
      return 0x09;
    default:
      return NONE;
  }
}

/** Writes a code point in UTF-8. Returns the address after it. */
// @ts-ignore: decorator
@inline
function putCodePoint(to: usize, codePoint: u32): usize {
  if (codePoint < 0x80) {
    store<u8>(to, <u8>codePoint);
    return to + 1;
  }
  if (codePoint < 0x800) {
    store<u16>(to, <u16>(0x80c0 | (codePoint >> 6) | ((codePoint & 0x3f) << 8)));
    return to + 2;
  }
  if (codePoint < PAIRS_BEGIN) {
    store<u8>(to, <u8>(0xe0 | (codePoint >> 12)));
  } else {
    store<u8>(to++, <u8>(0xf0 | (codePoint >> 18)));
    store<u8>(to, <u8>(0x80 | ((codePoint >> 12) & 0x3f)));
  }
  store<u8>(to, <u8>(0x80 | ((codePoint >> 6) & 0x3f)), 1);
  store<u8>(to, <u8>(0x80 | (codePoint & 0x3f)), 2);
  return to + 3;
}

/**
 * Decodes the text that begins at `place`, of up to 256 characters, to `to`. Answers where its closing quote is; 0 when it
 * is longer, has a broken escape or half of a surrogate pair, or where a control character or the padding comes first.
 */
export function decodeText(place: usize, to: usize): usize {
  let characters: u32 = 0;
  while (characters <= MAX_CHARACTERS) {
    const byte = <u32>load<u8>(place);
    if (byte == QUOTE) {
      decodedEnd = to;
      decodedCharacters = characters;
      return place;
    }
    if (byte < 0x20) return 0;
    if (byte != BACKSLASH) {
      // Each character has exactly one byte that is not 10xxxxxx.
      if ((byte & 0xc0) != 0x80) characters++;
      store<u8>(to++, <u8>byte);
      place++;
      continue;
    }
    characters++;
    const kind = <u32>load<u8>(place, 1);
    if (kind != SMALL_U) {
      const meant = shortEscape(kind);
      if (meant == NONE) return 0;
      store<u8>(to++, <u8>meant);
      place += 2;
      continue;
    }
    let codePoint = unitAt(place);
    if (codePoint == NONE) return 0;
    place += 6;
    if (codePoint - HIGH_SURROGATES < 2 * SURROGATES) {
      const low = unitAt(place) - LOW_SURROGATES;
      if (codePoint >= LOW_SURROGATES || low >= SURROGATES) return 0;
      codePoint = PAIRS_BEGIN + ((codePoint - HIGH_SURROGATES) << 10) + low;
      place += 6;
    }
    to = putCodePoint(to, codePoint);
  }
  return 0;
}
