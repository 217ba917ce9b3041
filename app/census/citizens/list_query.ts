import { CURSOR, limitParameter } from '../../http/query/number_page.js';
import type { QueryValues } from '../../http/query/query.js';
import { FILTERS, type FilteredPage, toFilter } from './filter_query.js';
import type { CitizenRange } from './repository.js';

/** 0.5 ms of the TX thread, and 2 MB of answer. */
const MAX_LIMIT = 10_000;
/** For requests with a cursor or a filter but no limit. */
const DEFAULT_LIMIT = 1_000;

/** The requested page. */
export type ListPage = CitizenRange & { limit: number };

/** `?limit=&cursor=`, and the filters. */
export const LIST_PARAMETERS = {
  limit: limitParameter(
    `How many citizens a page has; ${DEFAULT_LIMIT} by default with a cursor or a filter. Without any of them the ` +
      'answer has all citizens.',
    MAX_LIMIT,
  ),
  after: CURSOR,
  ...FILTERS,
};

/** `page`: undefined for the whole list. `found`: with filters. */
type WantedPage = { page: ListPage | undefined } | { found: FilteredPage };

export function toWantedPage({ limit, after, ...filters }: QueryValues<typeof LIST_PARAMETERS>): WantedPage {
  const range = { limit: limit ?? DEFAULT_LIMIT, after };
  const filter = toFilter(filters);
  if (filter !== undefined) return { found: { ...filter, ...range } };
  return { page: limit === undefined && after === undefined ? undefined : range };
}
