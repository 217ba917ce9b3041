import { type DateNumber, ISO_DATE_PATTERN, parseIsoDate } from '../calendar.js';
import { type Query, type Refuse, readOneOf, readParameter, readText } from '../http/query.js';
import { createViolationList, invalidInput, type ViolationList } from '../http/violations.js';
import { GROUP_COLUMNS, type GroupColumn } from './groups.js';
import type { RowsQuery } from './stats_rows.js';
import { measureTerm, type ParsedTerms, type Term } from './terms.js';

/** A question about ages: which citizens, in which groups, what of each. */
export type StatsQuery = RowsQuery & {
  /** Only this town; missing for all. */
  town?: string;
  /** Ages are as of this day. */
  asOf: DateNumber;
  /** What tells this question from all others, as JSON. */
  asked: unknown;
};

/** Reads `metrics`, wherever it does that. */
export type ParseTerms = (text: string) => Promise<ParsedTerms>;

export const MOST_PERCENTS = 20;
export const DEFAULT_PERCENTS = [50, 75, 99] as const;
export const MOST_IMPORTS = 20;
export const MOST_ROWS = 10_000;
export const MOST_METRICS_LENGTH = 2_000;

const SINGLE_IMPORT_COLUMNS = GROUP_COLUMNS.filter((column) => column !== 'import');

function readDay(text: string, refuse: Refuse): DateNumber | undefined {
  const day = parseIsoDate(text);
  if (!ISO_DATE_PATTERN.test(text)) refuse({ code: 'WRONG_FORM', detail: 'must have the form YYYY-MM-DD' });
  else if (day === undefined) refuse({ code: 'NO_SUCH_DATE', detail: 'is not a date that exists' });
  return day;
}

/** Each of them is there once; what is refused is refused once. */
function readList<Value>(read: (text: string, refuse: Refuse) => Value | undefined, most: number) {
  return (text: string, refuse: Refuse): Value[] | undefined => {
    const texts = text.split(',');
    if (texts.length > most) {
      refuse({ code: 'OUT_OF_RANGE', detail: `must be ${most} at most` });
      return undefined;
    }
    const values: Value[] = [];
    for (const each of texts) {
      const value = read(each.trim(), refuse);
      if (value === undefined) return undefined;
      if (values.includes(value)) {
        refuse({ code: 'NOT_ALLOWED', detail: `${value} must be there once` });
        return undefined;
      }
      values.push(value);
    }
    return values;
  };
}

function readPercent(text: string, refuse: Refuse): number | undefined {
  if (!/^\d{1,3}(\.\d{1,6})?$/.test(text)) {
    refuse({ code: 'WRONG_FORM', detail: 'must be numbers with commas between them, as 50,90,99.9' });
  } else if (Number(text) > 100) {
    refuse({ code: 'OUT_OF_RANGE', detail: 'each must be from 0 to 100' });
  } else {
    return Number(text);
  }
  return undefined;
}

function readImportId(text: string, refuse: Refuse): number | undefined {
  const importId = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(importId)) return importId;
  refuse({ code: 'WRONG_FORM', detail: 'must be ids of imports with commas between them, as 1,2,3' });
  return undefined;
}

function readLimit(text: string, refuse: Refuse): number | undefined {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= MOST_ROWS) return Number(text);
  refuse({ code: 'OUT_OF_RANGE', detail: `must be a whole number from 1 to ${MOST_ROWS}` });
  return undefined;
}

/** What all these questions have in common. */
function readScope(query: Query, today: DateNumber, list: ViolationList) {
  const town = readParameter(query, 'town', list, readText);
  const asOf = readParameter(query, 'as_of', list, readDay) ?? today;
  return { ...(town !== undefined && { town }), asOf };
}

function throwIfWrong(list: ViolationList): void {
  if (list.count() > 0) throw invalidInput(list);
}

const createList = () => createViolationList('Nothing was read.');
const readGenderGroup = readOneOf(['gender']);

/** `?p=&town=&as_of=&by=gender`. @throws ServiceError INVALID_INPUT with pointers below /query */
export function parsePercentilesQuery(query: Query, today: DateNumber): StatsQuery & { percents: readonly number[] } {
  const list = createList();
  const percents = readParameter(query, 'p', list, readList(readPercent, MOST_PERCENTS)) ?? DEFAULT_PERCENTS;
  const by = readParameter(query, 'by', list, readGenderGroup);
  const scope = readScope(query, today, list);
  throwIfWrong(list);
  return {
    ...scope,
    percents,
    groupBy: by === undefined ? ['town'] : ['town', by],
    terms: percents.map((percent) => measureTerm(`p${percent}`, { kind: 'percentile', percent })),
    asked: [percents, by, scope],
  };
}

/** `?town=&as_of=&by=gender`. @throws ServiceError INVALID_INPUT with pointers below /query */
export function parseAgesQuery(query: Query, today: DateNumber): StatsQuery {
  const list = createList();
  const by = readParameter(query, 'by', list, readGenderGroup);
  const scope = readScope(query, today, list);
  throwIfWrong(list);
  return {
    ...scope,
    groupBy: by === undefined ? ['age'] : ['age', by],
    terms: [measureTerm('citizens', { kind: 'count' })],
    asked: [by, scope],
  };
}

/** `-spread` -> by `spread`, the largest first. */
function readOrder(columns: readonly string[]) {
  return (text: string, refuse: Refuse): StatsQuery['order'] => {
    const isDescending = text.startsWith('-');
    const column = isDescending ? text.slice(1) : text;
    if (columns.includes(column)) return { column, isDescending };
    refuse({ code: 'NOT_ALLOWED', detail: 'must be a column of the answer, with a - before it for the largest first' });
    return undefined;
  };
}

async function readTerms(query: Query, list: ViolationList, parseTerms: ParseTerms): Promise<readonly Term[]> {
  const parsing = readParameter(query, 'metrics', list, (text, refuse) => {
    if (text.length > MOST_METRICS_LENGTH) {
      refuse({ code: 'TOO_LONG', detail: `must have at most ${MOST_METRICS_LENGTH} characters` });
      return undefined;
    }
    return parseTerms(text).then(({ terms, faults }) => {
      faults.forEach(refuse);
      return terms;
    });
  });
  return (await parsing) ?? [measureTerm('count', { kind: 'count' })];
}

async function readStats(
  query: Query,
  today: DateNumber,
  known: readonly GroupColumn[],
  parseTerms: ParseTerms,
  list: ViolationList,
) {
  const readGroups = readList(readOneOf(known), known.length);
  const groupBy = query['group_by'] === '' ? [] : (readParameter(query, 'group_by', list, readGroups) ?? []);
  const terms = await readTerms(query, list, parseTerms);
  const scope = readScope(query, today, list);
  const columns = [...groupBy, ...terms.map(({ column }) => column)];
  const order = readParameter(query, 'order_by', list, readOrder(columns));
  const limit = readParameter(query, 'limit', list, readLimit);
  const asked = [groupBy, query['metrics'], scope, order, limit];
  return { ...scope, groupBy, terms, ...(order && { order }), ...(limit !== undefined && { limit }), asked };
}

/**
 * `?group_by=&metrics=&town=&as_of=&order_by=&limit=` about one import.
 * @throws ServiceError INVALID_INPUT with pointers below /query
 */
export async function parseStatsQuery(query: Query, today: DateNumber, parseTerms: ParseTerms): Promise<StatsQuery> {
  const list = createList();
  const stats = await readStats(query, today, SINGLE_IMPORT_COLUMNS, parseTerms, list);
  throwIfWrong(list);
  return stats;
}

/** The same with `imports=1,2,3`. @throws ServiceError INVALID_INPUT with pointers below /query */
export async function parseStatsOfManyQuery(
  query: Query,
  today: DateNumber,
  parseTerms: ParseTerms,
): Promise<StatsQuery & { importIds: readonly number[] }> {
  const list = createList();
  if (query['imports'] === undefined) list.add({ pointer: '/query/imports', code: 'REQUIRED', detail: 'is required' });
  const importIds = readParameter(query, 'imports', list, readList(readImportId, MOST_IMPORTS)) ?? [];
  const stats = await readStats(query, today, GROUP_COLUMNS, parseTerms, list);
  throwIfWrong(list);
  return { ...stats, importIds };
}
