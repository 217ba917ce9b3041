import { decode, decodeArrayHeader, decodeStringSpan } from '../../db/wire/msgpack.js';
import { MONTHS } from './schema.js';

/** An entry is the id as a double and the count (tarantool/bytes/packed_counts.lua). */
const ENTRY_BYTES = 12;
const COUNT_OFFSET = 8;
/** import_id, month, first, total, entries. */
const BLOCK_FIELDS = 5;

type BirthdaysJson = {
  /** Takes the next page of blocks (MessagePack, an array of tuples of `presents`); returns the JSON to append. */
  add(blocks: Buffer): Buffer;
  /** The JSON after the last page. */
  finish(): Buffer;
};

/** `,{"citizen_id":`, 16 digits, `,"presents":`, 10 digits and `}`. */
const MAX_ENTRY_TEXT = 55;
/** The months and brackets of a page. */
const MAX_FRAME_TEXT = 128;

/** Four bytes of ASCII as a number that setUint32 writes. */
function fourBytes(text: string): number {
  return Buffer.from(text).readUInt32BE();
}

const [ID_1, ID_2, ID_3, ID_4] = [',{"c', 'itiz', 'en_i', 'd": '].map(fourBytes) as [number, number, number, number];
const [PRESENTS_1, PRESENTS_2, PRESENTS_3] = [',"pr', 'esen', 'ts":'].map(fourBytes) as [number, number, number];
const BRACKET = 0x5b;
const CLOSING_BRACE = 0x7d;
const ZERO = 0x30;
const MAX_INT32 = 0x7fff_ffff;
const TEN_9 = 1_000_000_000;

/** A text that grows at its end. Short texts and numbers are written as bytes: strings take ten times as long. */
type Text = { view: DataView; bytes: Buffer; at: number };

/** Grows to the text of a page, 3 MB, and is used for all pages. */
let spare = Buffer.allocUnsafeSlow(64 * 1024);

function beginText(maxBytes: number): Text {
  if (spare.length < maxBytes) spare = Buffer.allocUnsafeSlow(maxBytes);
  return { bytes: spare, view: new DataView(spare.buffer), at: 0 };
}

/** @param value below 2^31 */
function putInt(bytes: Buffer, at: number, value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  const end = at + digits;
  let rest = value | 0;
  for (let place = end - 1; place >= at; place--) {
    const quotient = (rest / 10) | 0;
    bytes[place] = ZERO + rest - quotient * 10;
    rest = quotient;
  }
  return end;
}

/** @param value an integer below 2^53 */
function putNumber(bytes: Buffer, at: number, value: number): number {
  if (value <= MAX_INT32) return putInt(bytes, at, value);
  const head = Math.floor(value / TEN_9);
  const end = putInt(bytes, at, head) + 9;
  let rest = (value - head * TEN_9) | 0;
  for (let place = end - 1; place >= end - 9; place--) {
    const quotient = (rest / 10) | 0;
    bytes[place] = ZERO + rest - quotient * 10;
    rest = quotient;
  }
  return end;
}

/** Appends the entries of a block, each with a comma before it. 25 ns an entry. */
function putEntries(text: Text, blocks: DataView, from: number, to: number): void {
  const { bytes, view } = text;
  let { at } = text;
  for (let entry = from; entry < to; entry += ENTRY_BYTES) {
    view.setUint32(at, ID_1);
    view.setUint32(at + 4, ID_2);
    view.setUint32(at + 8, ID_3);
    view.setUint32(at + 12, ID_4);
    at = putNumber(bytes, at + 15, blocks.getFloat64(entry, true));
    view.setUint32(at, PRESENTS_1);
    view.setUint32(at + 4, PRESENTS_2);
    view.setUint32(at + 8, PRESENTS_3);
    at = putNumber(bytes, at + 12, blocks.getUint32(entry + COUNT_OFFSET, true));
    bytes[at++] = CLOSING_BRACE;
  }
  text.at = at;
}

/** Enough for V8 to compile it: 4 ms. */
const WARM_UP_ENTRIES = 8_000;

/** Has the code compiled that a large import needs: its first page would hold up the event loop for 18 ms otherwise. */
export function warmUpBirthdaysJson(): void {
  const entries = new DataView(new ArrayBuffer(WARM_UP_ENTRIES * ENTRY_BYTES));
  for (let at = 0, id = 1; at < entries.byteLength; at += ENTRY_BYTES, id++) {
    entries.setFloat64(at, id * id * id, true);
    entries.setUint32(at + COUNT_OFFSET, id % 5, true);
  }
  putEntries(beginText(WARM_UP_ENTRIES * MAX_ENTRY_TEXT), entries, 0, entries.byteLength);
}

/** Blocks of presents -> the JSON of the twelve months, page by page, each about as large as the page. */
export function createBirthdaysJson(): BirthdaysJson {
  /** The current month; 0 before the first. */
  let month = 0;

  /** Closes the current month, writes empty ones up to `next`, and opens that one. */
  function beginMonth(next: number): string {
    let json = '';
    while (month < next) {
      json += month === 0 ? '{' : '],';
      json += `"${MONTHS[month]}":[`;
      month++;
    }
    return json;
  }

  /** `from` and `to`: the range of the entries of a block. */
  function addBlock(text: Text, blockMonth: number, blocks: DataView, [from, to]: readonly [number, number]): void {
    if (from === to) return;
    if (blockMonth === month) {
      putEntries(text, blocks, from, to);
      return;
    }
    text.at += text.bytes.write(beginMonth(blockMonth), text.at, 'latin1');
    // The comma before the first entry takes the place of the bracket.
    const bracketAt = text.at - 1;
    text.at = bracketAt;
    putEntries(text, blocks, from, to);
    text.bytes[bracketAt] = BRACKET;
  }

  return {
    add(blocks) {
      const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.length);
      const text = beginText(Math.ceil(blocks.length / ENTRY_BYTES) * MAX_ENTRY_TEXT + MAX_FRAME_TEXT);
      let { length: left, end: at } = decodeArrayHeader(blocks, 0);
      for (; left > 0; left--) {
        const { length: fields, end: start } = decodeArrayHeader(blocks, at);
        at = decode(blocks, start).end;
        const { value: blockMonth, end } = decode(blocks, at);
        const entries = decodeStringSpan(blocks, decode(blocks, decode(blocks, end).end).end);
        addBlock(text, blockMonth as number, view, [entries.from, entries.end]);
        at = entries.end;
        // On a storage the bucket follows.
        for (let more = fields - BLOCK_FIELDS; more > 0; more--) at = decode(blocks, at).end;
      }
      return Buffer.from(text.bytes.subarray(0, text.at));
    },
    finish: () => Buffer.from(`${beginMonth(MONTHS.length)}]}`),
  };
}
