import { describeRows } from '../../http/answers/flat_rows.js';
import { readQuery } from '../../http/query/query.js';
import type { Route } from '../../http/route.js';
import { IMPORT_READ } from '../import_read.js';
import { importIdFromPath } from '../path_ids.js';
import { rowsRoute } from './rows_route.js';
import { statsRowSchema } from './schema.js';
import type { StatsService } from './service.js';
import { STATS_OF_MANY_PARAMETERS, STATS_PARAMETERS } from './stats_query.js';

const EXAMPLE_ROWS = [
  ['Казань', 'female', 613, 50.21370309951061, 92, 36.5],
  ['Казань', 'male', 621, 50.93880837359098, 93, 37],
] as const;
const EXAMPLE_COLUMNS = ['town', 'gender', 'count', 'mean_age', 'p95_age', 'spread'];

export function groupStatsRoutes(service: StatsService): Route[] {
  return [
    rowsRoute({
      ...IMPORT_READ,
      path: '/imports/{import_id}/stats',
      summary: 'Statistics of ages, in groups',
      description:
        'Flat rows, for charts and sheets. `/imports/1/stats?group_by=town,gender&metrics=count,mean(age),p95(age),` ' +
        '`spread=p75(age)-p25(age)&order_by=-spread&limit=10`',
      parameters: STATS_PARAMETERS,
      success: describeRows(
        'The groups that have citizens, in order of their names; without group_by one row.',
        statsRowSchema,
        {
          columns: EXAMPLE_COLUMNS,
          rows: EXAMPLE_ROWS,
        },
      ),
      answer: (ctx, wanted) => service.stats(importIdFromPath(ctx.params), readQuery(ctx, STATS_PARAMETERS), wanted),
    }),
    rowsRoute({
      path: '/stats',
      summary: 'Statistics of ages over several imports',
      description:
        'The same of all citizens of several imports together, or beside one another when `group_by` has `import`. Each ' +
        'import is read as of one moment.',
      parameters: STATS_OF_MANY_PARAMETERS,
      success: describeRows(
        'The groups that have citizens, in order of their names; without group_by one row.',
        statsRowSchema,
        {
          columns: ['import', ...EXAMPLE_COLUMNS],
          rows: EXAMPLE_ROWS.map((row) => [1, ...row]),
        },
      ),
      answer: (ctx, wanted) => service.statsOfMany(readQuery(ctx, STATS_OF_MANY_PARAMETERS), wanted),
    }),
  ];
}
