import { startOfText } from '../../../http/bodies/text_start.js';
import { CITIZEN_FIELDS } from '../../citizens/model/fields.js';

/** What separates the fields of a CSV, and where its rows begin. */
export type CsvDialect = {
  delimiter: string;
  /** The offset of the first row: after a byte order mark, and after the line `sep=;` that Excel writes and reads. */
  start: number;
  /** The line of the first row, from 1. */
  line: number;
};

/** RFC 4180 has the comma; Excel writes the list separator of its language, in Russia `;`. In the order of preference. */
const DELIMITERS = [',', ';', '\t', '|'];
const COLUMNS: readonly string[] = CITIZEN_FIELDS;
/** A header row takes 100 bytes; what has no row within these is read with commas. */
const MAX_SEARCHED_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Of the names of columns, those that stand between delimiters; quotes around them do not count. */
function namesIn(row: string, delimiter: string): number {
  return row.split(delimiter).filter((field) => COLUMNS.includes(field.replace(/^"(.*)"$/, '$1'))).length;
}

/** The line from `start` on, without its end, and where the next one begins; undefined when its end has not come. */
function readLine(bytes: Buffer, start: number, isWhole: boolean): { text: string; next: number } | undefined {
  const newline = bytes.indexOf(NEWLINE, start);
  if (newline < 0 && !isWhole) return undefined;
  const end = newline < 0 ? bytes.length : newline;
  return { text: bytes.toString('utf8', start, end).replace(/\r$/, ''), next: newline < 0 ? end : newline + 1 };
}

/**
 * Reads the dialect from the first bytes of a CSV, of which the header row decides: the delimiter is the one that cuts the
 * most names of columns out of it. undefined: more bytes are needed; `isWhole`: there are no more. O(bytes).
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
