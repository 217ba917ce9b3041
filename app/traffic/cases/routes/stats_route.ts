import { Readable } from 'node:stream';
import { acceptedFormat, ROW_TYPES, type RowFormat } from '../../../http/answers/row_formats.js';
import { writeRows } from '../../../http/answers/write_rows.js';
import { readQuery } from '../../../http/query/query.js';
import type { Route } from '../../../http/route.js';
import { MANAGERS } from '../../access.js';
import type { CaseCounts, CasesService, StatKind } from '../service.js';
import { STATS_QUERY } from './case_query.js';

type Pages = AsyncGenerator<CaseCounts, void>;

async function* jsonPieces(kind: StatKind, pages: AsyncIterable<CaseCounts>): AsyncGenerator<string, void> {
  let opening = '[';
  for await (const counts of pages) {
    if (counts.length === 0) continue;
    yield opening + counts.map(([key, cases]) => JSON.stringify({ [kind]: key, cases })).join(',');
    opening = ',';
  }
  yield opening === '[' ? '[]' : ']';
}

async function* rowPieces(
  format: Exclude<RowFormat, 'json'>,
  kind: StatKind,
  pages: AsyncIterable<CaseCounts>,
): AsyncGenerator<string, void> {
  let isFirst = true;
  for await (const counts of pages) {
    const text = Buffer.concat(writeRows(format, { columns: [kind, 'cases'], rows: counts })).toString();
    // CSV has its header row once.
    yield isFirst || format === 'ndjson' ? text : text.slice(text.indexOf('\n') + 1);
    isFirst = false;
  }
}

/** A fault of the first page is answered as one; later it could only cut the answer off. */
async function withFirst(pages: Pages): Promise<Pages> {
  const first = await pages.next();
  return (async function* all() {
    if (first.done === true) return;
    yield first.value;
    yield* pages;
  })();
}

export function statsRoute(service: CasesService): Route {
  return {
    method: 'get',
    path: '/cases/stats',
    tag: 'Cases',
    access: MANAGERS,
    summary: 'How many cases there are',
    description: 'By camera, violation, status or day. The counts are kept up by the writes.',
    parameters: STATS_QUERY,
    success: {
      status: 200,
      description: 'By key.',
      schema: {
        type: 'array',
        items: {
          type: 'object',
          required: ['cases'],
          properties: { cases: { type: 'integer' } },
          additionalProperties: { type: 'string' },
        },
      },
      example: [{ status: 'initiated', cases: 7 }],
      otherTypes: {
        [ROW_TYPES.ndjson]: { schema: { type: 'string' }, example: '{"status":"initiated","cases":7}\n' },
        [ROW_TYPES.csv]: { schema: { type: 'string' }, example: 'status,cases\r\ninitiated,7\r\n' },
      },
    },
    problems: [503],
    async handle(ctx) {
      const { groupBy } = readQuery(ctx, STATS_QUERY);
      const format = acceptedFormat(ctx);
      const pages = await withFirst(service.stats(groupBy));
      const pieces = format === 'json' ? jsonPieces(groupBy, pages) : rowPieces(format, groupBy, pages);
      ctx.vary('Accept');
      ctx.body = Readable.from(pieces, { objectMode: false });
      ctx.type = ROW_TYPES[format];
    },
  };
}
