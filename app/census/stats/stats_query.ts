import { type DateNumber, ISO_DATE_PATTERN, parseIsoDate } from '../../calendar.js';
import { limitParameter } from '../../http/query/number_page.js';
import { createQueryFaults, type QueryValues, type Refuse, throwIfWrong } from '../../http/query/query.js';
import {
  citizenText,
  oneOf,
  optional,
  readList,
  readWord,
  required,
  withDefault,
} from '../../http/query/query_kinds.js';
import type { ViolationList } from '../../http/violations.js';
import { GROUP_COLUMNS, type GroupColumn } from './computing/groups.js';
import type { RowsQuery } from './computing/stats_rows.js';
import { FUNCTIONS, MAX_FORMULA_LENGTH } from './formulas/formula_rules.js';
import { MAX_TERMS, measureTerm, type ParsedTerms, type Term } from './formulas/terms.js';

/** A query about ages: which citizens, in which groups, which measures. */
export type StatsQuery = RowsQuery & {
  /** Only this town; missing for all. */
  town?: string;
  /** The day on which ages are computed. */
  asOf: DateNumber;
  /** Identifies the query among all others; serializable as JSON. */
  asked: unknown;
};

/** Parses `metrics`, on whichever thread. */
type ParseTerms = (text: string) => Promise<ParsedTerms>;

const MAX_PERCENTS = 20;
export const DEFAULT_PERCENTS: readonly number[] = [50, 75, 99];
const MAX_IMPORTS = 20;
const MAX_ROWS = 10_000;
const MAX_METRICS_LENGTH = 2_000;

const METRICS = `What to compute, up to ${MAX_TERMS} terms with commas between them; \`count\` if not said.

A term is a measure of ages: \`count\`, \`mean(age)\`, \`min(age)\`, \`max(age)\`, \`stddev(age)\` (of all, as numpy.std), or a
percentile as \`p95(age)\` or \`p99.9(age)\` (rounded to 2 places). Its column is named \`count\`, \`mean_age\`, \`p95_age\`.

Or it is a name, \`=\`, and a measure or a formula: \`q1=p25(age),q3=p75(age),spread=q3-q1,half=round(spread/2,1)\`. A formula
holds measures, columns before it, numbers, \`+ - * / ^\`, parentheses, and ${Object.keys(FUNCTIONS).join(', ')}; up to
${MAX_FORMULA_LENGTH} characters. In a URL + is written as \`%2B\`. Where there is no number, as of a division by 0, the
value is null.`;

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

/** Parameters common to all queries about ages. */
const SCOPE = {
  town: citizenText({ name: 'town', description: 'Only citizens of this town, to the last character.' }),
  asOf: optional<DateNumber>({
    name: 'as_of',
    description:
      'Ages are full years on this day, YYYY-MM-DD; today in UTC if not said. Who is not born yet on it is not counted.',
    schema: { type: 'string', format: 'date' },
    read(text, refuse) {
      const day = parseIsoDate(text);
      if (!ISO_DATE_PATTERN.test(text)) refuse({ code: 'WRONG_FORM', detail: 'must have the form YYYY-MM-DD' });
      else if (day === undefined) refuse({ code: 'NO_SUCH_DATE', detail: 'is not a date that exists' });
      return day;
    },
  }),
};

const BY_GENDER = oneOf({
  name: 'by',
  description: '`gender`: each row is of one gender, and says of which.',
  words: ['gender'],
});

export const AGES_PARAMETERS = { ...SCOPE, by: BY_GENDER };

export const PERCENTILES_PARAMETERS = {
  percents: withDefault(
    optional<readonly number[]>({
      name: 'p',
      description: `Which percentiles: 1 to ${MAX_PERCENTS} numbers from 0 to 100, each once, with commas between them.`,
      schema: { type: 'string', examples: ['50,90,99.9'] },
      read: readList(readPercent, MAX_PERCENTS),
    }),
    DEFAULT_PERCENTS,
    DEFAULT_PERCENTS.join(','),
  ),
  ...AGES_PARAMETERS,
};

function commonParameters(columns: readonly GroupColumn[]) {
  const readColumns = readList(readWord(columns), columns.length);
  return {
    groupBy: withDefault(
      optional<readonly GroupColumn[]>({
        name: 'group_by',
        description: `A row for each of these: some of ${columns.join(', ')}, with commas between them. One row for all if not said.`,
        schema: { type: 'string', examples: ['town,gender'] },
        read: (text, refuse) => (text === '' ? [] : readColumns(text, refuse)),
      }),
      [],
      '',
    ),
    metrics: optional<string>({
      name: 'metrics',
      description: METRICS,
      schema: {
        type: 'string',
        maxLength: MAX_METRICS_LENGTH,
        examples: ['count,mean(age),p95(age)', 'count,q1=p25(age),q3=p75(age),spread=q3-q1'],
      },
      read(text, refuse) {
        if (text.length <= MAX_METRICS_LENGTH) return text;
        refuse({ code: 'TOO_LONG', detail: `must have at most ${MAX_METRICS_LENGTH} characters` });
        return undefined;
      },
    }),
    ...SCOPE,
    // The valid columns depend on the other parameters, so they are checked later.
    orderBy: optional<string>({
      name: 'order_by',
      description: 'A column to sort by, with `-` before it for the largest first; in order of the groups if not said.',
      schema: { type: 'string', examples: ['-count'] },
      read: (text) => text,
    }),
    limit: limitParameter('Only the first so many rows; all if not said.', MAX_ROWS),
  };
}

/** For one import. */
export const STATS_PARAMETERS = commonParameters(GROUP_COLUMNS.filter((column) => column !== 'import'));

/** For several imports. */
export const STATS_OF_MANY_PARAMETERS = {
  importIds: required(
    optional<readonly number[]>({
      name: 'imports',
      description: `Ids of 1 to ${MAX_IMPORTS} imports, with commas between them.`,
      schema: { type: 'string', examples: ['1,2,3'] },
      read: readList(readImportId, MAX_IMPORTS),
    }),
  ),
  ...commonParameters(GROUP_COLUMNS),
};

export type AgesAsked = QueryValues<typeof AGES_PARAMETERS>;
export type PercentilesAsked = QueryValues<typeof PERCENTILES_PARAMETERS>;
export type StatsAsked = QueryValues<typeof STATS_PARAMETERS>;
export type StatsOfManyAsked = QueryValues<typeof STATS_OF_MANY_PARAMETERS>;

function toScope({ town, asOf }: QueryValues<typeof SCOPE>, today: DateNumber) {
  return { ...(town !== undefined && { town }), asOf: asOf ?? today };
}

export function toPercentilesQuery({ percents, by, ...rest }: PercentilesAsked, today: DateNumber): StatsQuery {
  const scope = toScope(rest, today);
  return {
    ...scope,
    groupBy: by === undefined ? ['town'] : ['town', by],
    terms: percents.map((percent) => measureTerm(`p${percent}`, { kind: 'percentile', percent })),
    asked: [percents, by, scope],
  };
}

export function toAgesQuery({ by, ...rest }: AgesAsked, today: DateNumber): StatsQuery {
  const scope = toScope(rest, today);
  return {
    ...scope,
    groupBy: by === undefined ? ['age'] : ['age', by],
    terms: [measureTerm('citizens', { kind: 'count' })],
    asked: [by, scope],
  };
}

/** `-spread` -> by `spread`, in descending order. */
function toOrder(text: string | undefined, columns: readonly string[], list: ViolationList): StatsQuery['order'] {
  if (text === undefined) return undefined;
  const isDescending = text.startsWith('-');
  const column = isDescending ? text.slice(1) : text;
  if (columns.includes(column)) return { column, isDescending };
  const detail = 'must be a column of the answer, with a - before it for the largest first';
  list.add({ pointer: '/query/order_by', code: 'NOT_ALLOWED', detail });
  return undefined;
}

async function readTerms(
  metrics: string | undefined,
  parseTerms: ParseTerms,
  list: ViolationList,
): Promise<readonly Term[]> {
  if (metrics === undefined) return [measureTerm('count', { kind: 'count' })];
  const { terms, faults } = await parseTerms(metrics);
  for (const fault of faults) list.add({ pointer: '/query/metrics', ...fault });
  return terms;
}

/** @throws ServiceError INVALID_INPUT for invalid metrics and for an unknown column in `order_by` */
export async function toStatsQuery(
  { groupBy, metrics, orderBy, limit, ...rest }: StatsAsked,
  today: DateNumber,
  parseTerms: ParseTerms,
): Promise<StatsQuery> {
  const list = createQueryFaults();
  const scope = toScope(rest, today);
  const terms = await readTerms(metrics, parseTerms, list);
  const order = toOrder(orderBy, [...groupBy, ...terms.map(({ column }) => column)], list);
  throwIfWrong(list);
  const asked = [groupBy, metrics, scope, order, limit];
  return { ...scope, groupBy, terms, ...(order && { order }), ...(limit !== undefined && { limit }), asked };
}
