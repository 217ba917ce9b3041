import { toTimestamp } from '../../../calendar.js';
import { acceptedFormat, askedFor, ROW_TYPES } from '../../../http/answers/row_formats.js';
import { type FlatRows, writeRows } from '../../../http/answers/write_rows.js';
import { linkToNext, pageOf } from '../../../http/query/number_page.js';
import { readQuery } from '../../../http/query/query.js';
import type { Route } from '../../../http/route.js';
import { MANAGERS } from '../../access.js';
import { toCursor } from '../../cursor.js';
import { toCaseAnswer, toCaseRows } from '../answers.js';
import { caseSchema, exampleWholeCase, historySchema } from '../schema.js';
import type { CasesService } from '../service.js';
import { caseIdOf } from './case_id.js';
import { CASE_QUERY } from './case_query.js';
import { checkRoute } from './check_route.js';
import { statsRoute } from './stats_route.js';

const CASES = '/cases';
const ONE = `${CASES}/{case_id}`;

const exampleCase = toCaseAnswer(exampleWholeCase);

function textOf(format: 'csv' | 'spreadsheet', rows: FlatRows): string {
  return Buffer.concat(writeRows(format, rows)).toString();
}

export function readRoutes(service: CasesService): Route[] {
  const common = {
    tag: 'Cases',
    access: MANAGERS,
    pathParameters: { case_id: { type: 'string', format: 'uuid' } },
  } as const;
  return [
    {
      ...common,
      method: 'get',
      path: CASES,
      summary: 'Cases, the newest violation first',
      description: 'In pages, also as NDJSON and CSV: `Link` leads to the next one.',
      parameters: CASE_QUERY,
      success: {
        status: 200,
        description: 'A page.',
        schema: pageOf(caseSchema),
        example: { data: [exampleCase], next_cursor: null },
        otherTypes: {
          [ROW_TYPES.ndjson]: { schema: { type: 'string' }, example: `${JSON.stringify(exampleCase)}\n` },
          [ROW_TYPES.csv]: { schema: { type: 'string' }, example: textOf('csv', toCaseRows([exampleWholeCase])) },
        },
      },
      problems: [503],
      async handle(ctx) {
        const { limit, after, purpose: _, ...filter } = readQuery(ctx, CASE_QUERY);
        const format = acceptedFormat(ctx);
        const { cases, next } = await service.list(filter, after, limit);
        const cursor = toCursor(next);
        const asked = Object.fromEntries(new URLSearchParams(ctx.querystring));
        const link = linkToNext(CASES, { ...asked, ...askedFor(format) }, cursor);
        if (link !== undefined) ctx.set('Link', link);
        ctx.vary('Accept');
        if (format === 'json') ctx.body = { data: cases.map(toCaseAnswer), next_cursor: cursor };
        else if (format === 'ndjson')
          ctx.body = cases.map((each) => `${JSON.stringify(toCaseAnswer(each))}\n`).join('');
        else ctx.body = textOf(format, toCaseRows(cases));
        ctx.type = ROW_TYPES[format];
      },
    },
    statsRoute(service),
    checkRoute(service),
    {
      ...common,
      method: 'get',
      path: ONE,
      summary: 'One case',
      success: { status: 200, description: 'The case.', schema: caseSchema, example: exampleCase },
      problems: [404, 503],
      async handle(ctx) {
        ctx.body = toCaseAnswer(await service.get(caseIdOf(ctx)));
      },
    },
    {
      ...common,
      method: 'get',
      path: `${ONE}/history`,
      summary: 'The statuses that a case had, oldest first',
      success: {
        status: 200,
        description: 'Statuses.',
        schema: historySchema,
        example: [{ status: 'initiated', at: toTimestamp(exampleWholeCase.createdAt), by: exampleWholeCase.cameraId }],
      },
      problems: [404, 503],
      async handle(ctx) {
        const history = await service.history(caseIdOf(ctx));
        ctx.body = history.map(({ status, at, by }) => ({ status, at: toTimestamp(at), by }));
      },
    },
  ];
}
