import type { Context } from 'koa';
import { readQuery } from '../query/query.js';
import { oneOf } from '../query/query_kinds.js';

/** What rows can be written as. `spreadsheet`: CSV without a cell that a spreadsheet would take for a formula. */
export type RowFormat = 'json' | 'ndjson' | 'csv' | 'spreadsheet';

export const ROW_TYPES: Readonly<Record<RowFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  spreadsheet: 'text/csv',
};

const FORMATS = Object.keys(ROW_TYPES) as RowFormat[];
const TYPES = [...new Set(Object.values(ROW_TYPES))];

/** Of every route that answers CSV. */
export const FORMAT_PARAMETERS = {
  purpose: oneOf({
    name: 'for',
    description:
      "Of CSV alone. `spreadsheet`: a text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return has a `'` " +
      'before it, so that no spreadsheet takes it for a formula (CWE-1236). Without it each text is as it is stored.',
    words: ['spreadsheet'],
  }),
};

/**
 * By Accept, and `?for=` of the FORMAT_PARAMETERS, which the route has; JSON for clients with no wish or none that is
 * known.
 */
export function acceptedFormat(ctx: Context): RowFormat {
  const type = ctx.accepts(TYPES);
  const format = FORMATS.find((each) => ROW_TYPES[each] === type) ?? 'json';
  return format === 'csv' ? (readQuery(ctx, FORMAT_PARAMETERS).purpose ?? format) : format;
}

/** The parameters of a URL that asks for the same format again; the rest is in Accept. */
export function askedFor(format: RowFormat): Readonly<Record<string, string>> {
  return format === 'spreadsheet' ? { [FORMAT_PARAMETERS.purpose.name]: format } : {};
}

/** The part of an ETag that names the format, before the one that names the question. */
export function inFormat(format: RowFormat, question: string): string {
  return `${format === 'json' ? '' : `.${format}`}${question}`;
}
