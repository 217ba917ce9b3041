import { describeRows } from '../http/flat_rows.js';
import { data, importIdFromPath, type OptionalParameter, type Route } from '../http/route.js';
import { NOT_MODIFIED, sendKept, wantedBy } from '../http/send_kept.js';
import { rowsRoute, TAG } from './rows_route.js';
import { agesRowSchema, birthdaysSchema, MONTHS, percentilesRowSchema } from './schema.js';
import type { StatsService } from './service.js';
import { DEFAULT_PERCENTS, MOST_PERCENTS } from './stats_query.js';
import { groupStatsRoutes, SCOPE } from './stats_routes.js';

const exampleBirthdays = {
  ...Object.fromEntries(MONTHS.map((month) => [month, []])),
  4: [{ citizen_id: 1, presents: 1 }],
};

const BY_GENDER: OptionalParameter = {
  name: 'by',
  description: '`gender`: each row is of one gender, and says of which.',
  schema: { type: 'string', enum: ['gender'] },
};

export function statsRoutes(service: StatsService): Route[] {
  return [
    {
      method: 'get',
      path: '/imports/{import_id}/citizens/birthdays',
      tag: TAG,
      summary: 'Presents by month',
      description: 'How many presents each citizen buys for relatives, by the month of their birthdays.',
      success: {
        status: 200,
        description: 'The twelve months; one without presents is an empty list.',
        schema: data(birthdaysSchema),
        example: { data: exampleBirthdays },
      },
      otherAnswer: NOT_MODIFIED,
      problems: [404, 503],
      async handle(ctx) {
        sendKept(ctx, await service.birthdays(importIdFromPath(ctx.params), wantedBy(ctx)));
      },
    },
    rowsRoute({
      path: '/imports/{import_id}/towns/stat/percentile/age',
      summary: 'Age percentiles by town',
      description:
        "Percentiles of the citizens' full years, the 50th, 75th and 99th of today in UTC if nothing else is asked for; each " +
        'under its name, as `p99.9`.',
      query: [
        {
          name: 'p',
          description: `Which percentiles: 1 to ${MOST_PERCENTS} numbers from 0 to 100, each once, with commas between them.`,
          schema: { type: 'string', default: DEFAULT_PERCENTS.join(','), examples: ['50,90,99.9'] },
        },
        ...SCOPE,
        BY_GENDER,
      ],
      success: describeRows(
        'The towns in order of their names. A town that is not there has no row.',
        percentilesRowSchema,
        {
          columns: ['town', 'p50', 'p75', 'p99'],
          rows: [['Москва', 35, 47.5, 59.5]],
        },
      ),
      answer: (ctx, wanted) => service.percentiles(importIdFromPath(ctx.params), ctx.query, wanted),
    }),
    rowsRoute({
      path: '/imports/{import_id}/ages',
      summary: 'Citizens by age',
      description: 'How many citizens are of each age, in full years.',
      query: [...SCOPE, BY_GENDER],
      success: describeRows('The ages that there are, in order. Of a town that is not there, none.', agesRowSchema, {
        columns: ['age', 'citizens'],
        rows: [
          [35, 17],
          [36, 12],
        ],
      }),
      answer: (ctx, wanted) => service.ages(importIdFromPath(ctx.params), ctx.query, wanted),
    }),
    ...groupStatsRoutes(service),
  ];
}
