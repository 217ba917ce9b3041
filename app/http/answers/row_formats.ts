import type { Context } from 'koa';
import { readQuery } from '../query/query.js';
import { oneOf } from '../query/query_kinds.js';

/** Formats of rows. `spreadsheet` is CSV without cells that a spreadsheet would evaluate as formulas. */
export type RowFormat = 'json' | 'ndjson' | 'csv' | 'spreadsheet';

export const ROW_TYPES: Readonly<Record<RowFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  spreadsheet: 'text/csv',
};

const FORMATS = Object.keys(ROW_TYPES) as RowFormat[];
const TYPES = [...new Set(Object.values(ROW_TYPES))];

/** Parameters of every route that returns CSV. */
export const FORMAT_PARAMETERS = {
  purpose: oneOf({
    name: 'for',
    description:
      'For CSV only. With `spreadsheet`, a text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is ' +
      "prefixed with `'`, so that spreadsheets do not evaluate it as a formula (CWE-1236). By default texts are unchanged.",
    words: ['spreadsheet'],
  }),
};

/**
 * The format according to Accept and to `?for=` of FORMAT_PARAMETERS, which the route must declare; JSON if Accept is
 * missing or names no known format.
 */
export function acceptedFormat(ctx: Context): RowFormat {
  const type = ctx.accepts(TYPES);
  const format = FORMATS.find((each) => ROW_TYPES[each] === type) ?? 'json';
  return format === 'csv' ? (readQuery(ctx, FORMAT_PARAMETERS).purpose ?? format) : format;
}

/** The query parameters that select this format; the rest of the choice is in Accept. */
export function askedFor(format: RowFormat): Readonly<Record<string, string>> {
  return format === 'spreadsheet' ? { [FORMAT_PARAMETERS.purpose.name]: format } : {};
}

/** The part of an ETag that names the format and the question. */
export function inFormat(format: RowFormat, question: string): string {
  return `${format === 'json' ? '' : `.${format}`}${question}`;
}
