import { data, importIdFromPath, type Route } from '../http/route.js';
import { NOT_MODIFIED, sendKept, wantedBy } from '../http/send_kept.js';
import { birthdaysSchema, MONTHS, townPercentilesSchema } from './schema.js';
import type { StatsService } from './service.js';

const TAG = 'Analytics';

const exampleBirthdays = {
  ...Object.fromEntries(MONTHS.map((month) => [month, []])),
  4: [{ citizen_id: 1, presents: 1 }],
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
    {
      method: 'get',
      path: '/imports/{import_id}/towns/stat/percentile/age',
      tag: TAG,
      summary: 'Age percentiles by town',
      description: "The 50th, 75th and 99th percentile of the citizens' full years on today's date in UTC.",
      success: {
        status: 200,
        description: 'The towns in order of their names.',
        schema: data(townPercentilesSchema),
        example: { data: [{ town: 'Москва', p50: 35, p75: 47.5, p99: 59.5 }] },
      },
      otherAnswer: NOT_MODIFIED,
      problems: [404, 503],
      async handle(ctx) {
        sendKept(ctx, await service.townPercentiles(importIdFromPath(ctx.params), wantedBy(ctx)));
      },
    },
  ];
}
