import { startOfText } from '../../../http/bodies/text_start.js';
import { CITIZEN_FIELDS } from '../../citizens/model/fields.js';

/** The delimiter of a CSV and the beginning of its rows. */
export type CsvDialect = {
  delimiter: string;
  /** Offset of the first row, after a byte order mark and after the line `sep=;` that Excel writes and reads. */
  start: number;
  /** The line of the first row, from 1. */
  line: number;
};

/** RFC 4180 uses the comma; Excel uses the list separator of its language, `;` in Russian. In order of preference. */
const DELIMITERS = [',', ';', '\t', '|'];
const COLUMNS: readonly string[] = CITIZEN_FIELDS;
/** A header row has 100 bytes. A body without a complete row in so many bytes is read with commas. */
const MAX_SEARCHED_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** How many column names the delimiter separates in a row; quotes around names are ignored. */
function namesIn(row: string, delimiter: string): number {
  return row.split(delimiter).filter((field) => COLUMNS.includes(field.replace(/^"(.*)"$/, '$1'))).length;
}

/** The line at `start` without its line end, and the offset of the next line; undefined while the line is incomplete. */
function readLine(bytes: Buffer, start: number, isWhole: boolean): { text: string; next: number } | undefined {
  const newline = bytes.indexOf(NEWLINE, start);
  if (newline < 0 && !isWhole) return undefined;
  const end = newline < 0 ? bytes.length : newline;
  return { text: bytes.toString('utf8', start, end).replace(/\r$/, ''), next: newline < 0 ? end : newline + 1 };
}

/**
 * Detects the dialect from the first bytes of a CSV: the delimiter is the one that separates the most column names in the
 * header row. undefined: more bytes are needed. `isWhole`: no more follow. O(bytes).
 */
export function readCsvDialect(bytes: Buffer, isWhole: boolean): CsvDialect | undefined {
  const isEnough = isWhole || bytes.length >= MAX_SEARCHED_BYTES;
  const start = startOfText(bytes);
  let at = start;
  for (let number = 1; at < bytes.length; number++) {
    const line = readLine(bytes, at, isEnough);
    if (line === undefined) return undefined;
    const { text, next } = line;
    const named = number === 1 ? /^"?sep=([,;\t|])"?$/.exec(text)?.[1] : undefined;
    if (named !== undefined) return { delimiter: named, start: next, line: 2 };
    if (text !== '') {
      const best = DELIMITERS.reduce((one, other) => (namesIn(text, other) > namesIn(text, one) ? other : one));
      return { delimiter: best, start, line: 1 };
    }
    at = next;
  }
  return isEnough ? { delimiter: ',', start, line: 1 } : undefined;
}
