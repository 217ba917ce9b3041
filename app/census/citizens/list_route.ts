import { acceptedFormat, FORMAT_PARAMETERS, ROW_TYPES } from '../../http/answers/row_formats.js';
import { NOT_MODIFIED, sendKept, wantedBy } from '../../http/answers/send_kept.js';
import { readQuery } from '../../http/query/query.js';
import { data, type Route } from '../../http/route.js';
import { READERS } from '../access.js';
import { IMPORT_READ } from '../import_read.js';
import { importIdFromPath } from '../path_ids.js';
import { LIST_PARAMETERS, toWantedPage } from './list_query.js';
import { type Citizen, citizenSchema } from './schema.js';
import type { CitizensService } from './service.js';
import { CSV_HEADER } from './text/citizens_csv.js';

function csvLine({ relatives, ...fields }: Citizen): string {
  return `${[...Object.values(fields), relatives.join(';')].join(',')}\r\n`;
}

/** `examples`: citizens for the description. */
export function listRoute(service: CitizensService, examples: readonly Citizen[]): Route {
  const listSchema = data({ type: 'array', items: citizenSchema });
  const nextCursor = {
    type: ['string', 'null'],
    description: 'Only in a page: the cursor of the next page; null on the last.',
  };
  return {
    ...IMPORT_READ,
    path: '/imports/{import_id}/citizens',
    access: READERS,
    tag: 'Imports',
    summary: 'The citizens of an import',
    description:
      'All of them, or a page when the request has `limit` or `cursor`; the header Link leads to the next page. Each page ' +
      'is as of one moment; changes between two pages neither repeat a citizen nor leave one out. Filters can be ' +
      'combined. A filtered list always comes in pages, in no particular order; a page may have fewer citizens than ' +
      '`limit` although more follow: only `next_cursor` null marks the last one.',
    parameters: { ...LIST_PARAMETERS, ...FORMAT_PARAMETERS },
    success: {
      status: 200,
      description: 'The citizens as of one moment; in order of citizen_id when there is no filter.',
      schema: { ...listSchema, properties: { ...(listSchema['properties'] as object), next_cursor: nextCursor } },
      example: { data: examples },
      otherTypes: {
        [ROW_TYPES.ndjson]: {
          schema: { type: 'string', description: 'One citizen per line, as JSON.' },
          example: examples.map((citizen) => `${JSON.stringify(citizen)}\n`).join(''),
        },
        [ROW_TYPES.csv]: {
          schema: {
            type: 'string',
            description: 'A header row, then one citizen per row (RFC 4180); relatives as 1;2;3.',
          },
          example: CSV_HEADER + examples.map(csvLine).join(''),
        },
      },
    },
    otherAnswer: NOT_MODIFIED,
    problems: [404, 503],
    async handle(ctx) {
      const format = acceptedFormat(ctx);
      const importId = importIdFromPath(ctx.params);
      const wanted = { ...wantedBy(ctx), format };
      const asked = toWantedPage(readQuery(ctx, LIST_PARAMETERS));
      const answer =
        'found' in asked
          ? await service.find(importId, { ...wanted, page: asked.found })
          : await service.list(importId, { ...wanted, page: asked.page });
      sendKept(ctx, answer, ROW_TYPES[format], ['Accept']);
    },
  };
}
