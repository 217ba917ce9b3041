import type { Context } from 'koa';
import { data, importIdFromPath, type Route } from '../http/route.js';
import { NOT_MODIFIED, sendKept, wantedBy } from '../http/send_kept.js';
import { CSV_HEADER } from './citizens_csv.js';
import { LIST_TYPES, type ListFormat } from './list_formats.js';
import { DEFAULT_LIMIT, MOST_LIMIT, parseListPage } from './list_query.js';
import { type Citizen, citizenSchema } from './schema.js';
import type { ImportsService } from './service.js';

const FORMATS = Object.keys(LIST_TYPES) as ListFormat[];

/** By Accept; JSON for who has no wish or none that is known. */
function listFormat(ctx: Context): ListFormat {
  const type = ctx.accepts(Object.values(LIST_TYPES));
  return FORMATS.find((format) => LIST_TYPES[format] === type) ?? 'json';
}

function csvLine({ relatives, ...fields }: Citizen): string {
  return `${[...Object.values(fields), relatives.join(';')].join(',')}\r\n`;
}

/** `examples`: citizens, for the description. */
export function listRoute(service: ImportsService, examples: readonly Citizen[]): Route {
  const listSchema = data({ type: 'array', items: citizenSchema });
  const nextCursor = { type: ['string', 'null'], description: 'Of a page: the cursor of the next; null on the last.' };
  return {
    method: 'get',
    path: '/imports/{import_id}/citizens',
    tag: 'Imports',
    summary: 'The citizens of an import',
    description:
      `All of them, or a page when there is \`limit\` or \`cursor\`; the header Link leads to the next page. Each page ` +
      'is as of one moment; changes between two pages do not make a citizen appear twice or be left out.',
    query: [
      {
        name: 'limit',
        description: `How many citizens a page has; ${DEFAULT_LIMIT} when there is a cursor alone.`,
        schema: { type: 'integer', minimum: 1, maximum: MOST_LIMIT },
      },
      { name: 'cursor', description: 'The next_cursor of an earlier page.', schema: { type: 'string' } },
    ],
    success: {
      status: 200,
      description: 'The citizens, in order of citizen_id, all as of one moment.',
      schema: { ...listSchema, properties: { ...(listSchema['properties'] as object), next_cursor: nextCursor } },
      example: { data: examples },
      otherTypes: {
        [LIST_TYPES.ndjson]: {
          schema: { type: 'string', description: 'A citizen a line, as JSON.' },
          example: examples.map((citizen) => `${JSON.stringify(citizen)}\n`).join(''),
        },
        [LIST_TYPES.csv]: {
          schema: { type: 'string', description: 'A header row, then a citizen a row (RFC 4180); relatives as 1;2;3.' },
          example: CSV_HEADER + examples.map(csvLine).join(''),
        },
      },
    },
    otherAnswer: NOT_MODIFIED,
    problems: [400, 404, 503],
    async handle(ctx) {
      const format = listFormat(ctx);
      const importId = importIdFromPath(ctx.params);
      const page = parseListPage(ctx.query);
      const answer = await service.list(importId, { ...wantedBy(ctx), format, page });
      sendKept(ctx, answer, LIST_TYPES[format], ['Accept']);
    },
  };
}
