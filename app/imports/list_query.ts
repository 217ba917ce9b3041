import { readCursor, readLimit } from '../http/number_page.js';
import type { Query } from '../http/query.js';
import { createViolationList, invalidInput } from '../http/violations.js';
import type { CitizenRange } from './repository.js';

/** 0.5 ms of the TX thread, and 2 MB of answer. */
export const MOST_LIMIT = 10_000;
/** For who sends a cursor alone. */
export const DEFAULT_LIMIT = 1_000;
export const LIMITS = { default: DEFAULT_LIMIT, most: MOST_LIMIT };

/** The page that a request asks for. */
export type ListPage = CitizenRange & { limit: number };

/**
 * `?limit=&cursor=` -> the page; undefined when neither is there: then the whole list is meant.
 * @throws ServiceError INVALID_INPUT with pointers /query/limit and /query/cursor
 */
export function parseListPage({ limit, cursor }: Query): ListPage | undefined {
  if (limit === undefined && cursor === undefined) return undefined;
  const list = createViolationList('Nothing was read.');
  const most = readLimit(limit, LIMITS, list);
  const after = readCursor(cursor, list);
  if (list.count() > 0) throw invalidInput(list);
  return { limit: most, ...(after !== undefined && { after }) };
}

/** RFC 8288: how to go on behind a page; undefined on the last. `asked`: the filters that the page is of. */
export function linkToNext(
  importId: number,
  asked: Readonly<Record<string, string>>,
  limit: number,
  nextCursor: string | null,
): string | undefined {
  if (nextCursor === null) return undefined;
  const query = new URLSearchParams({ ...asked, limit: String(limit), cursor: nextCursor });
  return `</imports/${importId}/citizens?${query}>; rel="next"`;
}
