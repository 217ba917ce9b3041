import { MsgpackError } from '../../../db/wire/msgpack.js';
import { COMMA, QUOTE } from '../../../http/json/json_bytes.js';
import { CITIZEN_FIELDS, TUPLE_FIELDS } from '../model/fields.js';
import {
  FRAME_BYTES,
  openRows,
  putByte,
  putDate,
  putIds,
  putInteger,
  type RowText,
  readArrayLength,
  readInteger,
  readStringLength,
  reserve,
  written,
} from './row_text.js';

/** The header row. */
export const CSV_HEADER = `${CITIZEN_FIELDS.join()}\r\n`;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const SEMICOLON = 0x3b;

const APOSTROPHE = 0x27;
/** First characters that make a spreadsheet take a field for a formula. */
const BEGINS_FORMULA = new Uint8Array(256);
for (const sign of '=+-@\t\r') BEGINS_FORMULA[sign.charCodeAt(0)] = 1;
/** The wide forms of `+ - = @`: U+FF0B, U+FF0D, U+FF1D, U+FF20 in UTF-8. */
const WIDE_FORMULA_SIGNS: ReadonlySet<number> = new Set([0xefbc8b, 0xefbc8d, 0xefbc9d, 0xefbca0]);
const WIDE_SIGN_BYTES = 3;

/** Characters that require quotes (RFC 4180); blanks too, which some readers strip from the ends of a field. */
const NEEDS_QUOTES = new Uint8Array(256);
for (const byte of [COMMA, QUOTE, CARRIAGE_RETURN, LINE_FEED, 0x20, 0x09]) NEEDS_QUOTES[byte] = 1;

function beginsFormula(rows: DataView, start: number, end: number): boolean {
  if (start === end) return false;
  if (BEGINS_FORMULA[rows.getUint8(start)] === 1) return true;
  if (start + WIDE_SIGN_BYTES > end) return false;
  return WIDE_FORMULA_SIGNS.has(rows.getUint16(start) * 256 + rows.getUint8(start + 2));
}

function putString(text: RowText, isForSpreadsheet: boolean): void {
  const length = readStringLength(text);
  reserve(text, length * 2 + FRAME_BYTES);
  const start = text.from;
  const end = start + length;
  const { rows, out } = text;
  let { to } = text;
  const isFormula = isForSpreadsheet && beginsFormula(rows, start, end);
  if (isFormula) out.setUint8(to++, APOSTROPHE);
  let isPlain = true;
  for (let from = start; from < end; from++) {
    const byte = rows.getUint8(from);
    if (NEEDS_QUOTES[byte] === 1) {
      isPlain = false;
      break;
    }
    out.setUint8(to++, byte);
  }
  text.from = end;
  if (isPlain) text.to = to;
  else putQuoted(text, start, end, isFormula);
}

function putQuoted(text: RowText, start: number, end: number, isFormula: boolean): void {
  const { rows } = text;
  putByte(text, QUOTE);
  if (isFormula) putByte(text, APOSTROPHE);
  for (let from = start; from < end; from++) {
    const byte = rows.getUint8(from);
    if (byte === QUOTE) putByte(text, QUOTE);
    putByte(text, byte);
  }
  putByte(text, QUOTE);
}

function putCitizen(text: RowText, isForSpreadsheet: boolean): void {
  if (readArrayLength(text) !== TUPLE_FIELDS) throw new MsgpackError('not a citizen');
  reserve(text, FRAME_BYTES);
  readInteger(text);
  putInteger(text, readInteger(text));
  putByte(text, COMMA);
  putString(text, isForSpreadsheet);
  putByte(text, COMMA);
  putString(text, isForSpreadsheet);
  putByte(text, COMMA);
  putString(text, isForSpreadsheet);
  putByte(text, COMMA);
  putInteger(text, readInteger(text));
  putByte(text, COMMA);
  putString(text, isForSpreadsheet);
  putByte(text, COMMA);
  putDate(text, readInteger(text));
  putByte(text, COMMA);
  putString(text, isForSpreadsheet);
  putByte(text, COMMA);
  putIds(text, SEMICOLON);
  putByte(text, CARRIAGE_RETURN);
  putByte(text, LINE_FEED);
}

function toCsv(rows: Buffer, isForSpreadsheet: boolean): Buffer {
  const { text, rowCount } = openRows(rows);
  for (let row = 0; row < rowCount; row++) putCitizen(text, isForSpreadsheet);
  return written(text);
}

/** An array of tuples as MessagePack -> the lines of CSV, without the header row. */
export function citizensToCsv(rows: Buffer): Buffer {
  return toCsv(rows, false);
}

/** The same, with `'` before each text that a spreadsheet would take for a formula (CWE-1236). */
export function citizensToSpreadsheet(rows: Buffer): Buffer {
  return toCsv(rows, true);
}
