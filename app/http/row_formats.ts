import type { Context } from 'koa';

/** What rows can be written as; JSON is what is meant when a client does not say. */
export type RowFormat = 'json' | 'ndjson' | 'csv';

export const ROW_TYPES: Readonly<Record<RowFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
};

const FORMATS = Object.keys(ROW_TYPES) as RowFormat[];

/** By Accept; JSON for who has no wish or none that is known. */
export function acceptedFormat(ctx: Context): RowFormat {
  const type = ctx.accepts(Object.values(ROW_TYPES));
  return FORMATS.find((format) => ROW_TYPES[format] === type) ?? 'json';
}

/** What tells the formats of an answer apart in its ETag, before what tells it from others. */
export function inFormat(format: RowFormat, question: string): string {
  return `${format === 'json' ? '' : `.${format}`}${question}`;
}
