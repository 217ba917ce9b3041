import { decode, decodeArrayHeader, decodeStringSpan } from '../../db/wire/msgpack.js';
import { MONTHS } from './schema.js';

/** An entry is the id as a double and the count (tarantool/bytes/packed_counts.lua). */
const ENTRY_BYTES = 12;
const COUNT_OFFSET = 8;

type BirthdaysJson = {
  /** Takes the next page of blocks (MessagePack, an array of tuples of `presents`); returns the JSON to append. */
  add(blocks: Buffer): Buffer;
  /** The JSON after the last page. */
  finish(): Buffer;
};

function entriesToJson(bytes: Buffer): string {
  let json = '';
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const comma = at === 0 ? '' : ',';
    json += `${comma}{"citizen_id":${bytes.readDoubleLE(at)},"presents":${bytes.readUInt32LE(at + COUNT_OFFSET)}}`;
  }
  return json;
}

/** Blocks of presents -> the JSON of the twelve months, page by page, each about as large as the page. */
export function createBirthdaysJson(): BirthdaysJson {
  /** The current month; 0 before the first. */
  let month = 0;
  let isEmpty = true;

  /** Closes the current month, writes empty ones up to `next`, and opens that one. */
  function beginMonth(next: number): string {
    let json = '';
    while (month < next) {
      json += month === 0 ? '{' : '],';
      json += `"${MONTHS[month]}":[`;
      month++;
    }
    isEmpty = true;
    return json;
  }

  return {
    add(blocks) {
      let { length: left, end: at } = decodeArrayHeader(blocks, 0);
      let json = '';
      for (; left > 0; left--) {
        at = decode(blocks, decodeArrayHeader(blocks, at).end).end;
        const { value: blockMonth, end } = decode(blocks, at);
        if (blockMonth !== month) json += beginMonth(blockMonth as number);
        const { from, end: entriesEnd } = decodeStringSpan(blocks, decode(blocks, decode(blocks, end).end).end);
        json += `${isEmpty ? '' : ','}${entriesToJson(blocks.subarray(from, entriesEnd))}`;
        isEmpty = false;
        at = entriesEnd;
      }
      return Buffer.from(json);
    },
    finish: () => Buffer.from(`${beginMonth(MONTHS.length)}]}`),
  };
}
