import { formatBirthDate, hasBirthDateForm, parseBirthDate } from '../../calendar.js';
import { questionOf } from '../../http/answers/question.js';
import type { QueryValues } from '../../http/query/query.js';
import { citizenText, oneOf, optional } from '../../http/query/query_kinds.js';
import type { CitizenFilter } from './repository.js';

function birthDay(name: string, description: string) {
  return optional<number>({
    name,
    description,
    schema: { type: 'string', pattern: '^[0-9]{2}\\.[0-9]{2}\\.[0-9]{4}$' },
    read(text, refuse) {
      const day = parseBirthDate(text);
      if (!hasBirthDateForm(text)) refuse({ code: 'WRONG_FORM', detail: 'must have the form DD.MM.YYYY' });
      else if (day === undefined) refuse({ code: 'NO_SUCH_DATE', detail: 'is not a date that exists' });
      return day;
    },
  });
}

/** The filters of the list of citizens, by the names that Tarantool uses (tarantool/census/citizens/find.lua). */
export const FILTERS = {
  town: citizenText({ name: 'town', description: 'Only citizens of this town; the name must match exactly.' }),
  gender: oneOf({ name: 'gender', description: 'Only citizens of this gender.', words: ['male', 'female'] }),
  born_from: birthDay('born_from', 'Only citizens born on this day, DD.MM.YYYY, or later.'),
  born_to: birthDay('born_to', 'Only citizens born on this day or earlier.'),
  name_prefix: citizenText({
    name: 'name_prefix',
    description: 'Only citizens whose name begins with this text; case matters.',
  }),
};

type FilterValues = QueryValues<typeof FILTERS>;
type FilterName = keyof FilterValues;
const NAMES = Object.keys(FILTERS) as FilterName[];

/** `asked`: the filters as written in a URL. */
export type FilteredPage = {
  filter: CitizenFilter;
  asked: Readonly<Record<string, string>>;
  limit: number;
  after?: number | undefined;
};

/** The given filters; undefined when there are none. */
export function toFilter(values: FilterValues): Pick<FilteredPage, 'filter' | 'asked'> | undefined {
  const given = NAMES.filter((name) => values[name] !== undefined);
  if (given.length === 0) return undefined;
  const toText = (value: string | number | undefined) =>
    typeof value === 'number' ? formatBirthDate(value) : String(value);
  return {
    filter: Object.fromEntries(given.map((name) => [name, values[name]])),
    asked: Object.fromEntries(given.map((name) => [FILTERS[name].name, toText(values[name])])),
  };
}

/** The part of a page's ETag that names the filters and the page. */
export function filterQuestion({ filter, limit, after }: FilteredPage): string {
  return questionOf('find', [NAMES.map((name) => filter[name] ?? null), limit, after ?? null]);
}
