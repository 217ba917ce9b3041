import { MsgpackError } from '../../../db/wire/msgpack.js';
import { ZERO } from '../../../http/json/json_bytes.js';

/**
 * Converts stored tuples (MessagePack) to text without making strings or objects. The functions here are shared by JSON
 * and CSV; each reads at `from` and writes at `to`. The caller reserves room first.
 */
export type RowText = {
  readonly rows: DataView;
  from: number;
  out: DataView;
  to: number;
};

/** Text that is the same in each row, as numbers of eight bytes: one store is faster than eight. */
export type FixedText = { readonly words: Float64Array; readonly length: number };

/** Room for the fixed text, the numbers and the date of a row; strings and lists reserve their own. */
export const FRAME_BYTES = 256;
/** How much longer a row gets by its digits and fixed text, of which JSON has 135 bytes. */
const ROW_GROWTH_BYTES = 170;
const ROOM_TO_SPARE_BYTES = 8 * 1024;
const TWO_32 = 0x1_0000_0000;
/** Numbers from here on are converted by String(). */
const MAX_SMALL = 2 ** 31;
/** An id has up to 16 digits, and a separator. */
const MAX_ID_BYTES = 17;
const DOT = 0x2e;

/** ASCII only: eight such bytes are never a NaN, whose bits might change when stored. */
export function fixedText(text: string): FixedText {
  const bytes = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ', 'latin1');
  bytes.write(text, 'latin1');
  const words = Float64Array.from({ length: bytes.length / 8 }, (_, place) => bytes.readDoubleLE(place * 8));
  return { words, length: text.length };
}

/** Begins to convert an array of tuples. @throws MsgpackError */
export function openRows(rows: Buffer): { text: RowText; rowCount: number } {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.length);
  const text: RowText = { rows: view, from: 0, out: new DataView(new ArrayBuffer(0)), to: 0 };
  const rowCount = readArrayLength(text);
  reserve(text, rows.length + rowCount * ROW_GROWTH_BYTES + ROOM_TO_SPARE_BYTES);
  return { text, rowCount };
}

/** The text written so far. */
export function written({ out, to }: RowText): Buffer {
  return Buffer.from(out.buffer as ArrayBuffer, 0, to);
}

export function reserve(text: RowText, bytes: number): void {
  const { out, to } = text;
  if (to + bytes <= out.byteLength) return;
  // Not zeroed: it is written from its start.
  const grown = Buffer.allocUnsafeSlow(Math.max(out.byteLength * 2, to + bytes));
  grown.set(new Uint8Array(out.buffer, 0, to));
  text.out = new DataView(grown.buffer);
}

export function putFixed(text: RowText, { words, length }: FixedText): void {
  const { out, to } = text;
  for (let i = 0; i < words.length; i++) out.setFloat64(to + i * 8, words[i] as number, true);
  text.to = to + length;
}

export function putByte(text: RowText, byte: number): void {
  text.out.setUint8(text.to++, byte);
}

/** Reserves room itself. */
export function putBytes(text: RowText, bytes: Uint8Array): void {
  reserve(text, bytes.length);
  const { buffer, byteOffset } = text.out;
  new Uint8Array(buffer, byteOffset + text.to, bytes.length).set(bytes);
  text.to += bytes.length;
}

export function readArrayLength(text: RowText): number {
  const { rows, from } = text;
  const code = rows.getUint8(from);
  if (code >= 0x90 && code <= 0x9f) {
    text.from = from + 1;
    return code & 0x0f;
  }
  if (code === 0xdc) {
    text.from = from + 3;
    return rows.getUint16(from + 1);
  }
  if (code !== 0xdd) throw new MsgpackError('not an array');
  text.from = from + 5;
  return rows.getUint32(from + 1);
}

/** An unsigned integer; no other numbers are stored. */
export function readInteger(text: RowText): number {
  const { rows, from } = text;
  const code = rows.getUint8(from);
  text.from = from + 1;
  if (code <= 0x7f) return code;
  switch (code) {
    case 0xcc:
      text.from = from + 2;
      return rows.getUint8(from + 1);
    case 0xcd:
      text.from = from + 3;
      return rows.getUint16(from + 1);
    case 0xce:
      text.from = from + 5;
      return rows.getUint32(from + 1);
    case 0xcf:
      text.from = from + 9;
      return rows.getUint32(from + 1) * TWO_32 + rows.getUint32(from + 5);
    default:
      throw new MsgpackError('not an unsigned integer');
  }
}

/** Reads the header of a string: its length in bytes. */
export function readStringLength(text: RowText): number {
  const { rows, from } = text;
  const code = rows.getUint8(from);
  if (code >= 0xa0 && code <= 0xbf) {
    text.from = from + 1;
    return code & 0x1f;
  }
  if (code === 0xd9) {
    text.from = from + 2;
    return rows.getUint8(from + 1);
  }
  if (code === 0xda) {
    text.from = from + 3;
    return rows.getUint16(from + 1);
  }
  if (code !== 0xdb) throw new MsgpackError('not a string');
  text.from = from + 5;
  return rows.getUint32(from + 1);
}

function putDigits(text: RowText, value: number, digits: number): void {
  const { out, to } = text;
  let rest = value;
  for (let place = to + digits - 1; place >= to; place--) {
    const next = (rest / 10) | 0;
    out.setUint8(place, ZERO + rest - next * 10);
    rest = next;
  }
  text.to = to + digits;
}

export function putInteger(text: RowText, value: number): void {
  if (value >= MAX_SMALL) {
    for (const digit of String(value)) putByte(text, digit.charCodeAt(0));
    return;
  }
  let digits = 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
  putDigits(text, value, digits);
}

/** 20001231 -> 31.12.2000 */
export function putDate(text: RowText, date: number): void {
  putDigits(text, date % 100, 2);
  putByte(text, DOT);
  putDigits(text, ((date / 100) | 0) % 100, 2);
  putByte(text, DOT);
  putDigits(text, (date / 10_000) | 0, 4);
}

/** A list of ids with a separator between them. */
export function putIds(text: RowText, separator: number): void {
  const count = readArrayLength(text);
  reserve(text, count * MAX_ID_BYTES + FRAME_BYTES);
  for (let i = 0; i < count; i++) {
    if (i > 0) putByte(text, separator);
    putInteger(text, readInteger(text));
  }
}

/** Each of the four bytes of a word. */
const LOW_BITS = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;

/** Not 0 when one of the four bytes equals the byte that `repeated` has four times; both must be ASCII. */
function holds(word: number, repeated: number): number {
  return ((word ^ repeated) - LOW_BITS) & ~word & HIGH_BITS;
}

const SPACES = 0x20202020;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;

/** Whether a byte of the word must be escaped in JSON: a control character, a quote or a backslash. */
function needsEscape(word: number): boolean {
  return (((word - SPACES) & ~word & HIGH_BITS) | holds(word, QUOTES) | holds(word, BACKSLASHES)) !== 0;
}

/** Masks for the first 0 to 3 bytes of a word, the last bytes of a string. */
const BYTES_OF_STRING = [0, 0xff000000 | 0, 0xffff0000 | 0, 0xffffff00 | 0];

/**
 * Copies bytes up to `end`, four at a time, until a word needs an escape, which is left to the caller. The last word may
 * reach beyond the string; the extra bytes are overwritten later.
 */
export function copyPlainWords(text: RowText, end: number): void {
  const { rows, out } = text;
  let { from, to } = text;
  for (; from + 4 <= end; from += 4, to += 4) {
    const word = rows.getInt32(from);
    if (needsEscape(word)) break;
    out.setInt32(to, word);
  }
  const rest = end - from;
  if (rest > 0 && rest < 4 && from + 4 <= rows.byteLength) {
    const word = rows.getInt32(from);
    const ofString = BYTES_OF_STRING[rest] as number;
    if (!needsEscape((word & ofString) | (SPACES & ~ofString))) {
      out.setInt32(to, word);
      from = end;
      to += rest;
    }
  }
  text.from = from;
  text.to = to;
}
