import type { RowFormat } from './row_formats.js';

/** null where there is no value; so are numbers that are not finite. */
export type FlatValue = string | number | null;

/**
 * Rows without anything nested, as charts and sheets take them: of each row the values in the order of the columns.
 * `nextCursor`: of a page, how to go on (null on the last one); missing when these are all rows.
 */
export type FlatRows = {
  columns: readonly string[];
  rows: readonly (readonly FlatValue[])[];
  nextCursor?: string | null;
};

/** Some hundred KB a piece: one string of all rows could not be longer than 512 MB. */
const ROWS_A_PIECE = 5_000;

/** Also blanks, which some readers would cut off at the ends. */
const NEEDS_QUOTES = /[",\r\n\t ]/;

function toField(value: FlatValue): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (value === null) return '';
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function toCsvLine(values: readonly FlatValue[]): string {
  return `${values.map(toField).join(',')}\r\n`;
}

function jsonWriter(columns: readonly string[]): (values: readonly FlatValue[]) => string {
  const openings = columns.map((column, place) => `${place === 0 ? '' : ','}${JSON.stringify(column)}:`);
  return (values) => `{${values.map((value, place) => openings[place] + JSON.stringify(value)).join('')}}`;
}

function inPieces(rows: FlatRows['rows'], toText: (rows: FlatRows['rows'], isFirst: boolean) => string): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < rows.length; at += ROWS_A_PIECE) {
    pieces.push(Buffer.from(toText(rows.slice(at, at + ROWS_A_PIECE), at === 0)));
  }
  return pieces;
}

const WRITERS: Readonly<Record<RowFormat, (flat: FlatRows) => Buffer[]>> = {
  json({ columns, rows, nextCursor }) {
    const write = jsonWriter(columns);
    const texts = inPieces(rows, (some, isFirst) => `${isFirst ? '' : ','}${some.map(write).join(',')}`);
    const end = nextCursor === undefined ? '' : `,"next_cursor":${JSON.stringify(nextCursor)}`;
    return [Buffer.from('{"data":['), ...texts, Buffer.from(`]${end}}`)];
  },
  ndjson({ columns, rows }) {
    const write = jsonWriter(columns);
    return inPieces(rows, (some) => some.map((row) => `${write(row)}\n`).join(''));
  },
  csv({ columns, rows }) {
    return [Buffer.from(toCsvLine(columns)), ...inPieces(rows, (some) => some.map(toCsvLine).join(''))];
  },
};

/**
 * Rows -> the pieces of the answer: `{"data": [...]}`, a row a line as JSON, or a header row and a row a line of CSV
 * (RFC 4180). O(rows).
 */
export function writeRows(format: RowFormat, flat: FlatRows): readonly Buffer[] {
  const pieces = WRITERS[format](flat);
  // What is short goes out, and is compressed, as one.
  return flat.rows.length > ROWS_A_PIECE ? pieces : [Buffer.concat(pieces)];
}
