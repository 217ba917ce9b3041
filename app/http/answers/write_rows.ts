import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RowFormat } from './row_formats.js';

/** null for a missing value; numbers that are not finite are written as missing. */
export type FlatValue = string | number | null;

/**
 * Rows without nesting, as charts and spreadsheets need them: each row has its values in the order of the columns.
 * `nextCursor` is the cursor of the next page, null on the last one; it is undefined if the rows are complete.
 */
export type FlatRows = {
  columns: readonly string[];
  rows: readonly (readonly FlatValue[])[];
  nextCursor?: string | null;
};

/** A chunk holds some hundred KB; a single string of all rows could exceed V8's limit of 512 MB. */
const ROWS_A_PIECE = 5_000;
/**
 * Percentiles are the most expensive values, 0.5 us each: those of 100,000 towns blocked the event loop for up to a
 * second.
 */
const MAX_VALUES_A_TURN = 10_000;

/** Quotes leading and trailing blanks as well, which some readers would trim. */
const NEEDS_QUOTES = /[",\r\n\t ]/;
/** Includes the full-width forms of the signs, which some spreadsheets treat as the signs. */
const BEGINS_FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** csv-stringify takes four times as long: 10,000 towns would block the event loop for 40 ms. */
function toField(value: FlatValue): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (value === null) return '';
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Prefixes a text that a spreadsheet would evaluate as a formula, so that it is read as text (CWE-1236). */
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

/** Writes rows; `open` and `close` are the text before and after all of them. */
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

/** Short answers become one chunk, which is sent and compressed at once. */
function toPieces({ open, close }: Writer, texts: readonly Buffer[], rowCount: number): readonly Buffer[] {
  const pieces = [Buffer.from(open), ...texts, Buffer.from(close)].filter(({ length }) => length > 0);
  return rowCount > ROWS_A_PIECE ? pieces : [Buffer.concat(pieces)];
}

/**
 * Writes rows as chunks of the response: `{"data": [...]}`, NDJSON, or CSV (RFC 4180) with a header row, if wanted in a
 * form that spreadsheets do not evaluate. O(rows).
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

/** The same for rows computed from items on the way; yields to the event loop after every MAX_VALUES_A_TURN values. */
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
