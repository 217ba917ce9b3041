import { createHash } from 'node:crypto';
import { hasBirthDateForm, parseBirthDate } from '../calendar.js';
import { createViolationList, invalidInput, type ViolationList } from '../http/violations.js';
import { LIMITS } from './list_query.js';
import { type Query, readCursor, readLimit } from './number_page.js';
import type { CitizenFilter } from './repository.js';

/** `asked`: the parameters of the query string that the filter was read from. */
export type FilteredPage = {
  filter: CitizenFilter;
  asked: Readonly<Record<string, string>>;
  limit: number;
  after?: number;
};

const NAMES = ['town', 'gender', 'born_from', 'born_to', 'name_prefix'] as const;
const MOST_TEXT_LENGTH = 256;

type Reader = (text: string) => string | number | { code: string; detail: string };

function readText(text: string): ReturnType<Reader> {
  if (text === '') return { code: 'TOO_SHORT', detail: 'must have at least 1 character' };
  const isTooLong = [...text].length > MOST_TEXT_LENGTH;
  return isTooLong ? { code: 'TOO_LONG', detail: `must have at most ${MOST_TEXT_LENGTH} characters` } : text;
}

function readGender(text: string): ReturnType<Reader> {
  return text === 'male' || text === 'female' ? text : { code: 'NOT_ALLOWED', detail: 'must be one of male, female' };
}

function readDay(text: string): ReturnType<Reader> {
  if (!hasBirthDateForm(text)) return { code: 'WRONG_FORM', detail: 'must have the form DD.MM.YYYY' };
  return parseBirthDate(text) ?? { code: 'NO_SUCH_DATE', detail: 'is not a date that exists' };
}

const READERS: Readonly<Record<(typeof NAMES)[number], Reader>> = {
  town: readText,
  gender: readGender,
  born_from: readDay,
  born_to: readDay,
  name_prefix: readText,
};

function readFilter(query: Query, list: ViolationList): Pick<FilteredPage, 'filter' | 'asked'> {
  const filter: Record<string, string | number> = {};
  const asked: Record<string, string> = {};
  for (const name of NAMES) {
    const text = query[name];
    if (text === undefined) continue;
    const read = typeof text === 'string' ? READERS[name](text) : { code: 'NOT_ALLOWED', detail: 'must be there once' };
    if (typeof read === 'object') {
      list.add({ pointer: `/query/${name}`, ...read });
    } else {
      filter[name] = read;
      asked[name] = text as string;
    }
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
