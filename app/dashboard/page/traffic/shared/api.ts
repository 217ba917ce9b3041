import { ask, withQuery } from '../../shared/http_client.js';

export type Page<Row> = { data: Row[]; next_cursor: string | null };

/** One page of a list. @throws ApiError */
export async function readPage<Row>(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<Page<Row>> {
  return (await ask<Page<Row>>(withQuery(path, query), signal && { signal })).body;
}

/** All rows of a list, in pages. `query` has their `limit`. @throws ApiError */
export async function readAllPages<Row>(
  path: string,
  query: Readonly<Record<string, string | number>>,
  signal?: AbortSignal,
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Page<Row> = await readPage<Row>(path, { ...query, cursor }, signal);
    rows.push(...page.data);
    cursor = page.next_cursor;
  }
  return rows;
}
