import { limitParameter } from '../../http/query/number_page.js';
import type { QueryParameters } from '../../http/query/query.js';
import { wholeNumber } from '../../http/query/query_kinds.js';

/** Rows that are read at once. */
const PAGE_ROWS = 1_000;

export const BEFORE_AND_LIMIT = {
  before: wholeNumber({
    name: 'before',
    description: 'An id: the page has what is older.',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  limit: limitParameter('How many rows the page has at most; all when absent.', Number.MAX_SAFE_INTEGER),
} satisfies QueryParameters;

type BeforeAndLimit = { before: number | undefined; limit: number | undefined };

/** Rows from the newest to the oldest, and the id to go on before; undefined at the end. */
type ReadPage<Row> = (before: number | undefined, limit: number) => Promise<readonly Row[]>;

/** The pieces of a JSON array of all rows that are asked for. `read` is called for the first of them at once. */
export async function jsonArrayOf<Row extends { id: number }>(
  { before, limit = Number.POSITIVE_INFINITY }: BeforeAndLimit,
  read: ReadPage<Row>,
  toJson: (row: Row) => unknown,
): Promise<AsyncGenerator<string, void>> {
  const sizeOf = (left: number) => Math.min(left, PAGE_ROWS);
  const first = await read(before, sizeOf(limit));

  async function* pieces(): AsyncGenerator<string, void> {
    let rows = first;
    let left = limit;
    let opening = '[';
    while (rows.length > 0) {
      const asked = sizeOf(left);
      yield opening + rows.map((row) => JSON.stringify(toJson(row))).join(',');
      opening = ',';
      left -= rows.length;
      if (rows.length < asked || left <= 0) break;
      rows = await read(rows.at(-1)?.id, sizeOf(left));
    }
    yield opening === '[' ? '[]' : ']';
  }
  return pieces();
}
