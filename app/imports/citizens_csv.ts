import { MsgpackError } from '../db/msgpack.js';
import { COMMA, QUOTE } from '../http/json_bytes.js';
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
import { FIELDS_A_ROW } from './rows.js';

/** The header row: the fields in the order of the schema. */
export const CSV_HEADER = 'citizen_id,town,street,building,apartment,name,birth_date,gender,relatives\r\n';
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const SEMICOLON = 0x3b;

/** Signs that make a field stand in quotes (RFC 4180); blanks too, which some readers would cut off at its ends. */
const NEEDS_QUOTES = new Uint8Array(256);
for (const byte of [COMMA, QUOTE, CARRIAGE_RETURN, LINE_FEED, 0x20, 0x09]) NEEDS_QUOTES[byte] = 1;

function putString(text: RowText): void {
  const length = readStringLength(text);
  reserve(text, length * 2 + FRAME_BYTES);
  const start = text.from;
  const end = start + length;
  const { rows, out } = text;
  let { to } = text;
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
  else putQuoted(text, start, end);
}

function putQuoted(text: RowText, start: number, end: number): void {
  const { rows } = text;
  putByte(text, QUOTE);
  for (let from = start; from < end; from++) {
    const byte = rows.getUint8(from);
    if (byte === QUOTE) putByte(text, QUOTE);
    putByte(text, byte);
  }
  putByte(text, QUOTE);
}

function putCitizen(text: RowText): void {
  if (readArrayLength(text) !== FIELDS_A_ROW) throw new MsgpackError('not a citizen');
  reserve(text, FRAME_BYTES);
  readInteger(text);
  putInteger(text, readInteger(text));
  putByte(text, COMMA);
  putString(text);
  putByte(text, COMMA);
  putString(text);
  putByte(text, COMMA);
  putString(text);
  putByte(text, COMMA);
  putInteger(text, readInteger(text));
  putByte(text, COMMA);
  putString(text);
  putByte(text, COMMA);
  putDate(text, readInteger(text));
  putByte(text, COMMA);
  putString(text);
  putByte(text, COMMA);
  putIds(text, SEMICOLON);
  putByte(text, CARRIAGE_RETURN);
  putByte(text, LINE_FEED);
}

/** An array of tuples (MessagePack, from its header on) -> the citizens' lines of CSV, without the header row. */
export function citizensToCsv(rows: Buffer): Buffer {
  const { text, rowCount } = openRows(rows);
  for (let row = 0; row < rowCount; row++) putCitizen(text);
  return written(text);
}
