import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import type { BodyAccount, BodyBudget } from '../../../http/bodies/body_budget.js';
import { collectPart, MULTIPART_TYPE, readMultipart } from '../../../http/bodies/multipart.js';
import { readQuery } from '../../../http/query/query.js';
import { oneOf } from '../../../http/query/query_kinds.js';
import type { Route } from '../../../http/route.js';
import { MANAGERS } from '../../access.js';
import { TABLE_NAMES, type TableName } from '../model/tables.js';
import { uploadSchema } from '../schema.js';
import type { RegistersService, UploadedFile } from '../service.js';

/** A workbook of 100,000 owners has 6 MB, as CSV 10 MB. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
const MAX_FORM_BYTES = 64 * 1024;
const LIMITS = { limitBytes: MAX_FILE_BYTES + MAX_FORM_BYTES, maxParts: 10 };
/** A request that announces more is read in pieces. */
const MAY_HOLD_BYTES = 512 * 1024;
const FILE_PART = 'file';

const PARAMETERS = {
  dryRun: oneOf({
    name: 'dry_run',
    description: 'true: checks the file and says what would be done, and stores nothing.',
    words: ['true', 'false'],
  }),
};

/** @throws ServiceError TABLE_NOT_FOUND */
function tableOf({ params }: { params: Record<string, string> }): TableName {
  const table = TABLE_NAMES.find((name) => name === params['table']);
  if (table !== undefined) return table;
  throw new ServiceError('TABLE_NOT_FOUND', `Files can be imported into ${TABLE_NAMES.join(' and ')}.`);
}

function refuseForm(detail: string): never {
  throw new ServiceError('MALFORMED_FORM', `${detail}. Nothing was stored.`);
}

async function readFile(ctx: Context, account: BodyAccount): Promise<Omit<UploadedFile, 'table'>> {
  let file: Omit<UploadedFile, 'table'> | undefined;
  let isSeen = false;
  await readMultipart(ctx, LIMITS, async ({ name, filename = '' }, part) => {
    if (name !== FILE_PART) refuseForm(`The form may have the part ${FILE_PART} alone`);
    if (isSeen) refuseForm(`The part ${FILE_PART} is there twice`);
    isSeen = true;
    const bytes = await collectPart(part, MAX_FILE_BYTES, account);
    // The reader's thread takes the memory over; a short buffer shares its memory with others.
    file = { filename, bytes: new Uint8Array(bytes) };
  });
  return file ?? refuseForm(`The part ${FILE_PART} is missing`);
}

const exampleErrors = [{ row: 17, column: 'email', code: 'WRONG_FORM', detail: 'must be an e-mail address' }];

/** A table of cars' owners or of violations, from a spreadsheet. */
export function uploadRoute(service: RegistersService, budget: BodyBudget): Route {
  return {
    method: 'post',
    path: '/managers/import/{table}/upload-file',
    slash: 'either',
    pathParameters: { table: { type: 'string', enum: TABLE_NAMES } },
    tag: 'Registers',
    access: MANAGERS,
    summary: 'Import car owners or violations from a spreadsheet',
    description:
      'The part `file` is a workbook (.xlsx), whose first sheet is read, or CSV in UTF-8 with commas or semicolons. The first row ' +
      'names the columns, in any order: `car_number`, `phone_number`, `email`, `tg`, `vk`, or `violation_type`, `fine`. A row whose ' +
      'key is stored updates it, where empty cells keep what is there; rows with a fault are left out.',
    parameters: PARAMETERS,
    requestBody: {
      otherTypes: {
        [MULTIPART_TYPE]: {
          schema: {
            type: 'object',
            required: [FILE_PART],
            properties: { [FILE_PART]: { type: 'string', format: 'binary' } },
          },
        },
      },
    },
    success: {
      status: 200,
      description: 'What became of the rows.',
      schema: uploadSchema,
      example: { added: 120, updated: ['1ABC2377'], invalid: ['colour'], errors: exampleErrors },
    },
    problems: [400, 404, 408, 413, 415, 503, 507],
    async handle(ctx) {
      const table = tableOf(ctx);
      const { dryRun } = readQuery(ctx, PARAMETERS);
      await budget.spend(
        ctx.req,
        async (account) => {
          const file = await readFile(ctx, account);
          ctx.body = await service.upload({ table, ...file }, dryRun === 'true');
        },
        MAY_HOLD_BYTES,
      );
    },
  };
}
