import { MsgpackError } from '../../../db/wire/msgpack.js';
import { BACKSLASH, COMMA, QUOTE } from '../../../http/json/json_bytes.js';
import { TUPLE_FIELDS } from '../model/fields.js';
import { KEY_TEXTS } from './key_texts.js';
import { readPlainJson, type Separators } from './plain_json.js';
import {
  copyPlainWords,
  type FixedText,
  FRAME_BYTES,
  fixedText,
  openRows,
  putByte,
  putBytes,
  putDate,
  putFixed,
  putIds,
  putInteger,
  type RowText,
  readArrayLength,
  readInteger,
  readStringLength,
  reserve,
  written,
} from './row_text.js';

/**
 * Converts stored tuples (MessagePack) to the JSON of citizens, byte by byte: a sixth of the time of decoding and
 * JSON.stringify. A property test compares the results.
 */

/** A control character of one byte becomes six bytes: \u0000. */
const MAX_GROWTH = 6;
const LINE_FEED = 0x0a;

function keyText(place: number): FixedText {
  return fixedText(KEY_TEXTS[place] as string);
}
const KEY_CITIZEN_ID = keyText(0);
const KEY_TOWN = keyText(1);
const KEY_STREET = keyText(2);
const KEY_BUILDING = keyText(3);
const KEY_APARTMENT = keyText(4);
const KEY_NAME = keyText(5);
const KEY_BIRTH_DATE = keyText(6);
const KEY_GENDER = keyText(7);
const KEY_RELATIVES = keyText(8);
const END = fixedText(']}');

/** What JSON.stringify writes for each byte that must be escaped. */
const ESCAPES: (Buffer | undefined)[] = [];
for (let byte = 0; byte < 0x20; byte++) {
  ESCAPES[byte] = Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1), 'latin1');
}
ESCAPES[QUOTE] = Buffer.from('\\"', 'latin1');
ESCAPES[BACKSLASH] = Buffer.from('\\\\', 'latin1');
const NEEDS_ESCAPE = new Uint8Array(256);
for (const byte of ESCAPES.keys()) if (ESCAPES[byte] !== undefined) NEEDS_ESCAPE[byte] = 1;

function putString(text: RowText): void {
  const length = readStringLength(text);
  reserve(text, length * MAX_GROWTH + FRAME_BYTES);
  const end = text.from + length;
  copyPlainWords(text, end);
  while (text.from < end) {
    const byte = text.rows.getUint8(text.from++);
    if (NEEDS_ESCAPE[byte] === 0) {
      putByte(text, byte);
    } else {
      for (const sign of ESCAPES[byte] as Buffer) putByte(text, sign);
      copyPlainWords(text, end);
    }
  }
}

function putCitizen(text: RowText): void {
  if (readArrayLength(text) !== TUPLE_FIELDS) throw new MsgpackError('not a citizen');
  reserve(text, FRAME_BYTES);
  readInteger(text);
  putFixed(text, KEY_CITIZEN_ID);
  putInteger(text, readInteger(text));
  putFixed(text, KEY_TOWN);
  putString(text);
  putFixed(text, KEY_STREET);
  putString(text);
  putFixed(text, KEY_BUILDING);
  putString(text);
  putFixed(text, KEY_APARTMENT);
  putInteger(text, readInteger(text));
  putFixed(text, KEY_NAME);
  putString(text);
  putFixed(text, KEY_BIRTH_DATE);
  putDate(text, readInteger(text));
  putFixed(text, KEY_GENDER);
  putString(text);
  putFixed(text, KEY_RELATIVES);
  putIds(text, COMMA);
  putFixed(text, END);
}

/** Writes rows in JavaScript, `count` of them. */
function putRows(text: RowText, count: number, { before, after }: Separators): void {
  for (let row = 0; row < count; row++) {
    if (before !== 0) putByte(text, before);
    putCitizen(text);
    if (after !== 0) putByte(text, after);
  }
}

/** Writes rows in WebAssembly, and those that do not fit into its slices in JavaScript. */
function putPlainRows(text: RowText, rows: Buffer, count: number, separators: Separators): void {
  for (let left = count; left > 0; ) {
    const plain = readPlainJson(rows, text.from, left, separators);
    if (plain === undefined) {
      putRows(text, left, separators);
      return;
    }
    putBytes(text, plain.text);
    text.from += plain.readBytes;
    left -= plain.rows;
    if (plain.rows === 0) {
      putRows(text, 1, separators);
      left--;
    }
  }
}

type Options = {
  /** false: in JavaScript alone, with the same result. For tests. */
  isPlain?: boolean;
};

function toText(rows: Buffer, separators: Separators, { isPlain = true }: Options): Buffer {
  const { text, rowCount } = openRows(rows);
  if (isPlain) putPlainRows(text, rows, rowCount, separators);
  else putRows(text, rowCount, separators);
  return written(text);
}

/** An array of tuples as MessagePack -> the JSON of the citizens, each after a comma. */
export function citizensToJson(rows: Buffer, options: Options = {}): Buffer {
  return toText(rows, { before: COMMA, after: 0 }, options);
}

/** The same, one citizen per line. */
export function citizensToNdjson(rows: Buffer, options: Options = {}): Buffer {
  return toText(rows, { before: 0, after: LINE_FEED }, options);
}
