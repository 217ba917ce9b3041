import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import { acceptedFormat, FORMAT_PARAMETERS, ROW_TYPES, type RowFormat } from '../../../http/answers/row_formats.js';
import { type FlatRows, writeRows } from '../../../http/answers/write_rows.js';
import { limitParameter, pageOf } from '../../../http/query/number_page.js';
import { readQuery } from '../../../http/query/query.js';
import type { Route } from '../../../http/route.js';
import { MANAGERS } from '../../access.js';
import { placeParameter, toCursor } from '../../cursor.js';
import { momentParameter } from '../../moment_parameter.js';
import { CONVICTED_COLUMNS, toConvictedRows } from '../convicted_rows.js';
import { convictedSchema } from '../schema.js';
import type { RegistersService } from '../service.js';
import type { XlsxWriter } from '../text/xlsx_writer.js';

const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const TYPES = [...new Set(Object.values(ROW_TYPES)), XLSX_TYPE];

const MAX_PAGE = 500;
/** A workbook is made in memory. */
const MAX_XLSX_ROWS = 100_000;

const PARAMETERS = {
  from: momentParameter('from', 'The first moment of decisions.'),
  to: momentParameter('to', 'The first moment that is too late.'),
  limit: limitParameter(
    'Maximum number of cases per page. For JSON 500 by default; the other formats have all cases.',
    MAX_PAGE,
  ),
  after: placeParameter<number>('number'),
  ...FORMAT_PARAMETERS,
};

function textOf(format: RowFormat, flat: FlatRows): Buffer {
  return Buffer.concat(writeRows(format, flat));
}

/** Rows of one page after the other, with one header. */
async function* textOfPages(format: RowFormat, pages: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const header = textOf(format, { columns: CONVICTED_COLUMNS, rows: [] });
  yield header;
  for await (const packed of pages) {
    const text = textOf(format, { columns: CONVICTED_COLUMNS, rows: toConvictedRows(packed) });
    yield text.subarray(header.length);
  }
}

/** @throws ServiceError INVALID_INPUT */
async function collectPages(pages: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const packed of pages) {
    if (found.length * MAX_PAGE >= MAX_XLSX_ROWS) {
      throw new ServiceError('INVALID_INPUT', `A workbook may have ${MAX_XLSX_ROWS} cases. Ask for a shorter time.`, {
        violations: [{ pointer: '/query/from', code: 'TOO_COMPLEX', detail: 'the time has too many cases' }],
      });
    }
    found.push(packed);
  }
  return found;
}

const exampleRow = {
  ...{ case_id: '7b1c2d1e-5a0d-4c1f-9d55-1f0b7f3f2a10', transport: '1ABC2377', violation_type: 'speeding' },
  ...{ violation_value: '62km/h', fine: 500, timestamp: '2026-11-27T20:30:11.000000Z' },
  ...{ status_at: '2026-11-27T20:41:07.123456Z', camera_id: '104fc08a-efb6-427f-9193-2d54e4d3e127' },
  ...{ phone_number: '79161234567', email: 'homer@example.org', tg: '@homer', vk: null },
};
const exampleRows: FlatRows = { columns: CONVICTED_COLUMNS, rows: [Object.values(exampleRow)] };

/** Whom to write to: convicted cases with the owners' contacts and the fines. */
export function convictedRoute(service: RegistersService, workbooks: XlsxWriter): Route {
  type Query = { from: number | undefined; to: number | undefined };

  async function sendPage(ctx: Context, format: RowFormat): Promise<void> {
    const { limit = MAX_PAGE, after, from, to } = readQuery(ctx, PARAMETERS);
    const { packed, next } = await service.convicted({ from, to }, after ?? null, limit);
    const rows = toConvictedRows(packed);
    ctx.body = textOf(format, { columns: CONVICTED_COLUMNS, rows, nextCursor: toCursor(next) });
  }

  async function sendAll(ctx: Context, format: RowFormat, query: Query): Promise<void> {
    ctx.body = Readable.from(textOfPages(format, await service.allConvicted(query)), { objectMode: false });
  }

  return {
    method: 'get',
    path: '/cases/convicted',
    tag: 'Registers',
    access: MANAGERS,
    summary: 'Convicted cases, with the contacts of the owners and the fines',
    description: 'In order of decision, as JSON, NDJSON, CSV or a workbook (.xlsx), by `Accept`.',
    parameters: PARAMETERS,
    success: {
      status: 200,
      description: 'The cases.',
      schema: pageOf(convictedSchema),
      example: { data: [exampleRow], next_cursor: null },
      otherTypes: {
        [ROW_TYPES.ndjson]: { schema: { type: 'string' }, example: textOf('ndjson', exampleRows).toString() },
        [ROW_TYPES.csv]: { schema: { type: 'string' }, example: textOf('csv', exampleRows).toString() },
        [XLSX_TYPE]: { schema: { type: 'string', format: 'binary' } },
      },
    },
    problems: [400, 503],
    async handle(ctx) {
      const query = readQuery(ctx, PARAMETERS);
      ctx.vary('Accept');
      if (ctx.accepts(TYPES) === XLSX_TYPE) {
        ctx.body = await workbooks.write(await collectPages(await service.allConvicted(query)));
        ctx.type = XLSX_TYPE;
        ctx.attachment('convicted.xlsx');
        return;
      }
      const format = acceptedFormat(ctx);
      const isPage = format === 'json' || query.limit !== undefined || query.after !== undefined;
      if (isPage) await sendPage(ctx, format);
      else await sendAll(ctx, format, query);
      ctx.type = ROW_TYPES[format];
    },
  };
}
