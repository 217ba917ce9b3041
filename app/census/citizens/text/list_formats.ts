import { inFormat, type RowFormat } from '../../../http/answers/row_formats.js';
import type { ListPage } from '../list_query.js';
import { CSV_HEADER, citizensToCsv, citizensToSpreadsheet } from './citizens_csv.js';
import { citizensToJson, citizensToNdjson } from './citizens_json.js';

/** The part of the ETag of a list, or of a page of it, that comes after the state (model/list_etag.ts). */
export function listQuestion(format: RowFormat, page: ListPage | undefined): string {
  const pagePart = page === undefined ? '' : `.page${page.limit}${page.after === undefined ? '' : `_${page.after}`}`;
  return inFormat(format, pagePart);
}

/** An array of tuples as MessagePack -> the text of these citizens, as a part of a list. */
export const ROWS_TO_TEXT: Readonly<Record<RowFormat, (rows: Buffer) => Buffer>> = {
  json: (rows) => citizensToJson(rows),
  ndjson: (rows) => citizensToNdjson(rows),
  csv: citizensToCsv,
  spreadsheet: citizensToSpreadsheet,
};

/** `isPaged`: the client asked for a page, so the answer has `next_cursor`. */
type ListEnd = { isPaged: boolean; nextCursor: string | null };

const CSV_OPEN = Buffer.from(CSV_HEADER);
const JSON_OPEN = Buffer.from('{"data":[');

function jsonClose({ isPaged, nextCursor }: ListEnd): Buffer {
  return Buffer.from(isPaged ? `],"next_cursor":${JSON.stringify(nextCursor)}}` : ']}');
}

/** The texts of pages -> the pieces of the whole answer. */
export function toList(format: RowFormat, pages: readonly Buffer[], end: ListEnd): readonly Buffer[] {
  // An import may be without citizens.
  const filled = pages.filter(({ length }) => length > 0);
  if (format === 'csv' || format === 'spreadsheet') return [CSV_OPEN, ...filled];
  if (format === 'ndjson') return filled;
  // A comma stands before each citizen.
  const [first, ...others] = filled;
  return [JSON_OPEN, ...(first === undefined ? [] : [first.subarray(1)]), ...others, jsonClose(end)];
}
