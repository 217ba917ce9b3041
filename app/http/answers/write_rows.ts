import { setImmediate as nextTurn } from 'node:timers/promises';
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
/** Percentiles, which cost the most, are 0.5 us each: those of 100,000 towns held the event loop for up to a second. */
const MAX_VALUES_A_TURN = 10_000;

/** Also blanks, which some readers would cut off at the ends. */
const NEEDS_QUOTES = /[",\r\n\t ]/;
/** Also the wide forms of the signs, which some spreadsheets take for the signs. */
const BEGINS_FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** Here, since csv-stringify takes four times as long: 10,000 towns would hold the event loop for 40 ms. */
function toField(value: FlatValue): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (value === null) return '';
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** A text that a spreadsheet would take for a formula -> one that it takes for a text (CWE-1236). */
function withoutFormula(value: FlatValue): FlatValue {
  return typeof value === 'string' && BEGINS_FORMULA.test(value) ? `'${value}` : value;
}

function toCsvLine(values: readonly FlatValue[]): string {
  return `${values.map(toField).join(',')}\r\n`;
}

function toSpreadsheetLine(values: readonly FlatValue[]): string {
  return toCsvLine(values.map(withoutFormula));
}

function jsonWriter(columns: readonly string[]): (values: readonly FlatValue[]) => string {
  const openings = columns.map((column, place) => `${place === 0 ? '' : ','}${JSON.stringify(column)}:`);
  return (values) => `{${values.map((value, place) => openings[place] + JSON.stringify(value)).join('')}}`;
}

/** The text of rows, and what stands before and behind all of them. */
type Writer = { open: string; rows(some: FlatRows['rows'], isFirst: boolean): string; close: string };

const WRITERS: Readonly<Record<RowFormat, (flat: Omit<FlatRows, 'rows'>) => Writer>> = {
  json({ columns, nextCursor }) {
    const write = jsonWriter(columns);
    const end = nextCursor === undefined ? '' : `,"next_cursor":${JSON.stringify(nextCursor)}`;
    return {
      open: '{"data":[',
      rows: (some, isFirst) => `${isFirst ? '' : ','}${some.map(write).join(',')}`,
      close: `]${end}}`,
    };
  },
  ndjson({ columns }) {
    const write = jsonWriter(columns);
    return { open: '', rows: (some) => some.map((row) => `${write(row)}\n`).join(''), close: '' };
  },
  csv({ columns }) {
    return { open: toCsvLine(columns), rows: (some) => some.map(toCsvLine).join(''), close: '' };
  },
  spreadsheet({ columns }) {
    return { open: toSpreadsheetLine(columns), rows: (some) => some.map(toSpreadsheetLine).join(''), close: '' };
  },
};

/** What is short goes out, and is compressed, as one. */
function toPieces({ open, close }: Writer, texts: readonly Buffer[], rowCount: number): readonly Buffer[] {
  const pieces = [Buffer.from(open), ...texts, Buffer.from(close)].filter(({ length }) => length > 0);
  return rowCount > ROWS_A_PIECE ? pieces : [Buffer.concat(pieces)];
}

/**
 * Rows -> the pieces of the answer: `{"data": [...]}`, a row a line as JSON, or a header row and a row a line of CSV
 * (RFC 4180), for a spreadsheet without formulas. O(rows).
 */
export function writeRows(format: RowFormat, flat: FlatRows): readonly Buffer[] {
  const { rows } = flat;
  const writer = WRITERS[format](flat);
  const texts: Buffer[] = [];
  for (let at = 0; at < rows.length; at += ROWS_A_PIECE) {
    texts.push(Buffer.from(writer.rows(rows.slice(at, at + ROWS_A_PIECE), at === 0)));
  }
  return toPieces(writer, texts, rows.length);
}

/** The same of rows that are made of items meanwhile; all else has its turn behind each MAX_VALUES_A_TURN. */
export async function writeRowsInTurns<Item>(
  format: RowFormat,
  columns: FlatRows['columns'],
  items: readonly Item[],
  toRow: (item: Item) => FlatRows['rows'][number],
): Promise<readonly Buffer[]> {
  const writer = WRITERS[format]({ columns });
  const rowsATurn = Math.ceil(MAX_VALUES_A_TURN / columns.length);
  const texts: Buffer[] = [];
  for (let at = 0; at < items.length; at += rowsATurn) {
    if (at > 0) await nextTurn();
    texts.push(Buffer.from(writer.rows(items.slice(at, at + rowsATurn).map(toRow), at === 0)));
  }
  return toPieces(writer, texts, items.length);
}
