import { describeRows } from '../http/flat_rows.js';
import { importIdFromPath, type OptionalParameter, type Route } from '../http/route.js';
import { FUNCTIONS, MOST_FORMULA_LENGTH } from './formula_rules.js';
import { GROUP_COLUMNS } from './groups.js';
import { rowsRoute } from './rows_route.js';
import { statsRowSchema } from './schema.js';
import type { StatsService } from './service.js';
import { MOST_IMPORTS, MOST_METRICS_LENGTH, MOST_ROWS } from './stats_query.js';
import { MOST_TERMS } from './terms.js';

const textSchema = { type: 'string', minLength: 1, maxLength: 256 };

/** What all questions about ages take. */
export const SCOPE: readonly OptionalParameter[] = [
  { name: 'town', description: 'Only citizens of this town, to the last character.', schema: textSchema },
  {
    name: 'as_of',
    description:
      'Ages are full years on this day, YYYY-MM-DD; today in UTC if not said. Who is not born yet on it is not counted.',
    schema: { type: 'string', format: 'date' },
  },
];

const METRICS = `What to compute, up to ${MOST_TERMS} terms with commas between them; \`count\` if not said.

A term is a measure of ages: \`count\`, \`mean(age)\`, \`min(age)\`, \`max(age)\`, \`stddev(age)\` (of all, as numpy.std), or a
percentile as \`p95(age)\` or \`p99.9(age)\` (rounded to 2 places). Its column is named \`count\`, \`mean_age\`, \`p95_age\`.

Or it is a name, \`=\`, and a measure or a formula: \`q1=p25(age),q3=p75(age),spread=q3-q1,half=round(spread/2,1)\`. A formula
holds measures, columns before it, numbers, \`+ - * / ^\`, parentheses, and ${Object.keys(FUNCTIONS).join(', ')}; up to
${MOST_FORMULA_LENGTH} characters. In a URL + is written as \`%2B\`. Where there is no number, as of a division by 0, the
value is null.`;

function commonParameters(groupColumns: readonly string[]): OptionalParameter[] {
  return [
    {
      name: 'group_by',
      description: `A row for each of these: some of ${groupColumns.join(', ')}, with commas between them. One row for all if not said.`,
      schema: { type: 'string', examples: ['town,gender'] },
    },
    {
      name: 'metrics',
      description: METRICS,
      schema: {
        type: 'string',
        maxLength: MOST_METRICS_LENGTH,
        examples: ['count,mean(age),p95(age)', 'count,q1=p25(age),q3=p75(age),spread=q3-q1'],
      },
    },
    ...SCOPE,
    {
      name: 'order_by',
      description: 'A column to sort by, with `-` before it for the largest first; in order of the groups if not said.',
      schema: { type: 'string', examples: ['-count'] },
    },
    {
      name: 'limit',
      description: 'Only the first so many rows; all if not said.',
      schema: { type: 'integer', minimum: 1, maximum: MOST_ROWS },
    },
  ];
}

const EXAMPLE_ROWS = [
  ['Казань', 'female', 613, 50.21370309951061, 92, 36.5],
  ['Казань', 'male', 621, 50.93880837359098, 93, 37],
] as const;
const EXAMPLE_COLUMNS = ['town', 'gender', 'count', 'mean_age', 'p95_age', 'spread'];

export function groupStatsRoutes(service: StatsService): Route[] {
  return [
    rowsRoute({
      path: '/imports/{import_id}/stats',
      summary: 'Statistics of ages, in groups',
      description:
        'Flat rows, for charts and sheets. `/imports/1/stats?group_by=town,gender&metrics=count,mean(age),p95(age),` ' +
        '`spread=p75(age)-p25(age)&order_by=-spread&limit=10`',
      query: commonParameters(GROUP_COLUMNS.filter((column) => column !== 'import')),
      success: describeRows(
        'The groups that have citizens, in order of their names; without group_by one row.',
        statsRowSchema,
        {
          columns: EXAMPLE_COLUMNS,
          rows: EXAMPLE_ROWS,
        },
      ),
      answer: (ctx, wanted) => service.stats(importIdFromPath(ctx.params), ctx.query, wanted),
    }),
    rowsRoute({
      path: '/stats',
      summary: 'Statistics of ages over several imports',
      description:
        'The same of all citizens of several imports together, or beside one another when `group_by` has `import`. Each ' +
        'import is read as of one moment.',
      query: [
        {
          name: 'imports',
          description: `Required: ids of 1 to ${MOST_IMPORTS} imports, with commas between them.`,
          schema: { type: 'string', examples: ['1,2,3'] },
        },
        ...commonParameters(GROUP_COLUMNS),
      ],
      success: describeRows(
        'The groups that have citizens, in order of their names; without group_by one row.',
        statsRowSchema,
        {
          columns: ['import', ...EXAMPLE_COLUMNS],
          rows: EXAMPLE_ROWS.map((row) => [1, ...row]),
        },
      ),
      answer: (ctx, wanted) => service.statsOfMany(ctx.query, wanted),
    }),
  ];
}
