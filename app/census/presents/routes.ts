import { describeRows, rowsWantedBy, sendRows } from '../../http/answers/flat_rows.js';
import { FORMAT_PARAMETERS } from '../../http/answers/row_formats.js';
import { NOT_MODIFIED, sendKept, wantedBy } from '../../http/answers/send_kept.js';
import { readQuery } from '../../http/query/query.js';
import { data, type Route } from '../../http/route.js';
import { READERS } from '../access.js';
import { IMPORT_READ } from '../import_read.js';
import { importIdFromPath } from '../path_ids.js';
import { PRESENTS_PARAMETERS, toPresentsAsked } from './query.js';
import { birthdaysSchema, MONTHS } from './schema.js';
import { GIVER_COLUMNS, MONTH_COLUMNS, type PresentsService } from './service.js';

const TAG = 'Analytics';

const count = { type: 'integer', minimum: 0 };
const monthSchema = {
  type: 'object',
  required: MONTH_COLUMNS,
  properties: {
    month: { type: 'integer', minimum: 1, maximum: 12 },
    presents: count,
    givers: { ...count, description: 'Citizens who buy at least one present in the month.' },
  },
};
const giverSchema = {
  type: 'object',
  required: GIVER_COLUMNS,
  properties: {
    citizen_id: count,
    name: { type: 'string' },
    town: { type: 'string' },
    presents: { ...count, description: 'Per year: one for each relative.' },
  },
};

const exampleMonths = Array.from({ length: 12 }, (_, place) => [place + 1, place === 3 ? 2 : 0, place === 3 ? 1 : 0]);

const exampleBirthdays = {
  ...Object.fromEntries(MONTHS.map((month) => [month, []])),
  4: [{ citizen_id: 1, presents: 1 }],
};

export function presentsRoutes(service: PresentsService): Route[] {
  return [
    {
      ...IMPORT_READ,
      path: '/imports/{import_id}/citizens/birthdays',
      access: READERS,
      tag: TAG,
      summary: 'Presents by month',
      description: 'How many presents each citizen buys for relatives, by month of their birthdays.',
      success: {
        status: 200,
        description: 'The twelve months; a month without presents is an empty list.',
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
      ...IMPORT_READ,
      path: '/imports/{import_id}/presents',
      access: READERS,
      tag: TAG,
      summary: 'Presents by month, or the citizens who buy the most',
      description:
        'Each citizen buys one present for the birthday of every relative. Flat rows as JSON, CSV or lines of JSON, by ' +
        'Accept.',
      parameters: { ...PRESENTS_PARAMETERS, ...FORMAT_PARAMETERS },
      success: describeRows(
        'The months in order, or the busiest first. For an unknown town the months are empty, and there are no givers.',
        { anyOf: [monthSchema, giverSchema] },
        { columns: MONTH_COLUMNS, rows: exampleMonths },
      ),
      otherAnswer: NOT_MODIFIED,
      problems: [404, 503],
      async handle(ctx) {
        const wanted = rowsWantedBy(ctx);
        const asked = toPresentsAsked(readQuery(ctx, PRESENTS_PARAMETERS));
        sendRows(ctx, await service.presents(importIdFromPath(ctx.params), asked, wanted), wanted.format);
      },
    },
  ];
}
