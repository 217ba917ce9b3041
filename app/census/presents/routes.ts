import { describeRows, rowsWantedBy, sendRows } from '../../http/answers/flat_rows.js';
import { FORMAT_PARAMETERS } from '../../http/answers/row_formats.js';
import { NOT_MODIFIED } from '../../http/answers/send_kept.js';
import { readQuery } from '../../http/query/query.js';
import type { Route } from '../../http/route.js';
import { READERS } from '../access.js';
import { IMPORT_READ } from '../import_read.js';
import { importIdFromPath } from '../path_ids.js';
import { PRESENTS_PARAMETERS, toPresentsAsked } from './query.js';
import { GIVER_COLUMNS, MONTH_COLUMNS, type PresentsService } from './service.js';

const count = { type: 'integer', minimum: 0 };
const monthSchema = {
  type: 'object',
  required: MONTH_COLUMNS,
  properties: {
    month: { type: 'integer', minimum: 1, maximum: 12 },
    presents: count,
    givers: { ...count, description: 'How many citizens buy any in the month.' },
  },
};
const giverSchema = {
  type: 'object',
  required: GIVER_COLUMNS,
  properties: {
    citizen_id: count,
    name: { type: 'string' },
    town: { type: 'string' },
    presents: { ...count, description: 'In a year: one for each relative.' },
  },
};

const exampleMonths = Array.from({ length: 12 }, (_, place) => [place + 1, place === 3 ? 2 : 0, place === 3 ? 1 : 0]);

export function presentsRoutes(service: PresentsService): Route[] {
  return [
    {
      ...IMPORT_READ,
      path: '/imports/{import_id}/presents',
      access: READERS,
      tag: 'Analytics',
      summary: 'Presents by month, or who buys the most',
      description:
        'Each citizen buys every relative one present for the birthday. As flat rows: JSON, CSV or lines of JSON, by ' +
        'Accept.',
      parameters: { ...PRESENTS_PARAMETERS, ...FORMAT_PARAMETERS },
      success: describeRows(
        'The months in order, or the busiest first; of a town where nobody lives months of nothing, or no row.',
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
