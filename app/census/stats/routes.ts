import { describeRows } from '../../http/answers/flat_rows.js';
import { readQuery } from '../../http/query/query.js';
import type { Route } from '../../http/route.js';
import { IMPORT_READ } from '../import_read.js';
import { importIdFromPath } from '../path_ids.js';
import { rowsRoute } from './rows_route.js';
import { agesRowSchema, percentilesRowSchema } from './schema.js';
import type { StatsService } from './service.js';
import { AGES_PARAMETERS, PERCENTILES_PARAMETERS } from './stats_query.js';
import { groupStatsRoutes } from './stats_routes.js';

export function statsRoutes(service: StatsService): Route[] {
  return [
    rowsRoute({
      ...IMPORT_READ,
      path: '/imports/{import_id}/towns/stat/percentile/age',
      summary: 'Age percentiles by town',
      description:
        "Percentiles of the citizens' full years, the 50th, 75th and 99th of today in UTC if nothing else is asked for; each " +
        'under its name, as `p99.9`.',
      parameters: PERCENTILES_PARAMETERS,
      success: describeRows(
        'The towns in order of their names. A town that is not there has no row.',
        percentilesRowSchema,
        {
          columns: ['town', 'p50', 'p75', 'p99'],
          rows: [['Москва', 35, 47.5, 59.5]],
        },
      ),
      answer: (ctx, wanted) =>
        service.percentiles(importIdFromPath(ctx.params), readQuery(ctx, PERCENTILES_PARAMETERS), wanted),
    }),
    rowsRoute({
      ...IMPORT_READ,
      path: '/imports/{import_id}/ages',
      summary: 'Citizens by age',
      description: 'How many citizens are of each age, in full years.',
      parameters: AGES_PARAMETERS,
      success: describeRows('The ages that there are, in order. Of a town that is not there, none.', agesRowSchema, {
        columns: ['age', 'citizens'],
        rows: [
          [35, 17],
          [36, 12],
        ],
      }),
      answer: (ctx, wanted) => service.ages(importIdFromPath(ctx.params), readQuery(ctx, AGES_PARAMETERS), wanted),
    }),
    ...groupStatsRoutes(service),
  ];
}
