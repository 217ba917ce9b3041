import { CURSOR, limitParameter } from '../../http/query/number_page.js';
import type { QueryValues } from '../../http/query/query.js';
import { FILTERS, type FilteredPage, toFilter } from './filter_query.js';
import type { CitizenRange } from './repository.js';

/** 0.5 ms of the TX thread, and 2 MB of answer. */
const MAX_LIMIT = 10_000;
/** For clients that send a cursor or a filter alone. */
const DEFAULT_LIMIT = 1_000;

/** The page that a request asks for. */
export type ListPage = CitizenRange & { limit: number };

/** `?limit=&cursor=`, and the filters. */
export const LIST_PARAMETERS = {
  limit: limitParameter(
    `How many citizens a page has; ${DEFAULT_LIMIT} with a cursor or a filter alone. Without any of them there is one ` +
      'page, of all.',
    MAX_LIMIT,
  ),
  after: CURSOR,
  ...FILTERS,
};

/** The page; undefined when the whole list is asked for. `found`: with filters. */
export type WantedPage = { page: ListPage | undefined } | { found: FilteredPage };

export function toWantedPage({ limit, after, ...filters }: QueryValues<typeof LIST_PARAMETERS>): WantedPage {
  const range = { limit: limit ?? DEFAULT_LIMIT, after };
  const filter = toFilter(filters);
  if (filter !== undefined) return { found: { ...filter, ...range } };
  return { page: limit === undefined && after === undefined ? undefined : range };
}
