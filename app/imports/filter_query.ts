import { createHash } from 'node:crypto';
import { hasBirthDateForm, parseBirthDate } from '../calendar.js';
import { readCursor, readLimit } from '../http/number_page.js';
import { type Query, type Refuse, readOneOf, readParameter, readText } from '../http/query.js';
import { createViolationList, invalidInput, type ViolationList } from '../http/violations.js';
import { LIMITS } from './list_query.js';
import type { CitizenFilter } from './repository.js';

/** `asked`: the parameters of the query string that the filter was read from. */
export type FilteredPage = {
  filter: CitizenFilter;
  asked: Readonly<Record<string, string>>;
  limit: number;
  after?: number;
};

const NAMES = ['town', 'gender', 'born_from', 'born_to', 'name_prefix'] as const;
type Reader = (text: string, refuse: Refuse) => string | number | undefined;

function readDay(text: string, refuse: Refuse): number | undefined {
  const day = parseBirthDate(text);
  if (!hasBirthDateForm(text)) refuse({ code: 'WRONG_FORM', detail: 'must have the form DD.MM.YYYY' });
  else if (day === undefined) refuse({ code: 'NO_SUCH_DATE', detail: 'is not a date that exists' });
  return day;
}

const READERS: Readonly<Record<(typeof NAMES)[number], Reader>> = {
  town: readText,
  gender: readOneOf(['male', 'female']),
  born_from: readDay,
  born_to: readDay,
  name_prefix: readText,
};

function readFilter(query: Query, list: ViolationList): Pick<FilteredPage, 'filter' | 'asked'> {
  const filter: Record<string, string | number> = {};
  const asked: Record<string, string> = {};
  for (const name of NAMES) {
    const value = readParameter(query, name, list, READERS[name]);
    if (value === undefined) continue;
    filter[name] = value;
    asked[name] = query[name] as string;
  }
  return { filter, asked };
}

/**
 * `?town=&gender=&born_from=&born_to=&name_prefix=`, with `limit` and `cursor`; undefined when there is no filter.
 * @throws ServiceError INVALID_INPUT with pointers below /query
 */
export function parseFilteredPage(query: Query): FilteredPage | undefined {
  if (NAMES.every((name) => query[name] === undefined)) return undefined;
  const list = createViolationList('Nothing was read.');
  const found = readFilter(query, list);
  const limit = readLimit(query['limit'], LIMITS, list);
  const after = readCursor(query['cursor'], list);
  if (list.count() > 0) throw invalidInput(list);
  return { ...found, limit, ...(after !== undefined && { after }) };
}

/** What stands in the ETag of such a page; short, whatever the names in it. */
export function filterQuestion({ filter, limit, after }: FilteredPage): string {
  const text = JSON.stringify([NAMES.map((name) => filter[name] ?? null), limit, after ?? null]);
  return `.find${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
