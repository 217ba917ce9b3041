import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import { setDataVersion } from '../../../http/answers/data_version.js';
import { byteLength } from '../../../http/answers/kept_answers.js';
import { announcedLength } from '../../../http/bodies/announced_length.js';
import { requireMediaType } from '../../../http/bodies/body.js';
import type { BodyBudget } from '../../../http/bodies/body_budget.js';
import { readWindows } from '../../../http/bodies/body_stream.js';
import { contentDecoding, DECODINGS } from '../../../http/bodies/content_encoding.js';
import { REPORT_TYPE, wantsReport } from '../../../http/problem.js';
import { readQuery } from '../../../http/query/query.js';
import { oneOf } from '../../../http/query/query_kinds.js';
import { data, type Route } from '../../../http/route.js';
import { SUPPLIERS } from '../../access.js';
import { CITIZEN_FIELDS } from '../../citizens/model/fields.js';
import { exampleCitizen, exampleRelative } from '../../citizens/service.js';
import { readIdempotencyKey } from '../intake/idempotency.js';
import { importSchema } from '../schema.js';
import type { ImportBody, ImportFormat, ImportsService } from '../service.js';

/** The version of an import that was never changed (tarantool/census/imports.lua). */
const FIRST_VERSION = 1;
/** Five windows of 256 KB, and the rows and records made of them. */
const MAX_AHEAD_BYTES = 4 * 1024 * 1024;

/** A line of the report of a refused import. */
const exampleViolationLine =
  '{"line":18,"byteOffset":4211,"pointer":"/citizens/17/town","code":"TOO_SHORT","detail":"must have at least 1 character"}';

const FORMATS: Readonly<Record<string, ImportFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
};

/** The preferences of a request (RFC 7240), in lower case: `tx=rollback`. */
function preferencesOf(ctx: Context): ReadonlySet<string> {
  return new Set(
    ctx
      .get('Prefer')
      .toLowerCase()
      .split(',')
      .map((preference) => preference.replace(/\s+/g, '').replaceAll('"', '')),
  );
}

const PARAMETERS = {
  dryRun: oneOf({
    name: 'dry_run',
    description: 'true: checks everything, stores nothing, answers 200. The same as `Prefer: tx=rollback`.',
    words: ['true', 'false'],
  }),
};

function isDryRun(ctx: Context, preferences: ReadonlySet<string>): boolean {
  return readQuery(ctx, PARAMETERS).dryRun === 'true' || preferences.has('tx=rollback');
}

/**
 * Sends the path of an import while its body is still read. Only on request: old clients take any 1xx for the answer.
 * HTTP/1.0 has no 1xx (RFC 9110 15.2).
 */
function hintAt(ctx: Context, importId: number): void {
  const path = `/imports/${importId}`;
  if (!ctx.res.headersSent && ctx.req.httpVersionMinor > 0)
    ctx.res.writeEarlyHints({ link: `<${path}>; rel=status`, location: path });
}

export function postRoute(service: ImportsService, bodyLimitBytes: number, budget: BodyBudget): Route {
  async function create(ctx: Context, body: ImportBody, preferences: ReadonlySet<string>): Promise<void> {
    const key = readIdempotencyKey(ctx.headers['idempotency-key'] as string | undefined);
    const onStaged = preferences.has('early-hints') ? (importId: number) => hintAt(ctx, importId) : undefined;
    const { importId, isReplayed } = await service.create(body, { key, onStaged });
    ctx.status = 201;
    ctx.set('Location', `/imports/${importId}`);
    if (isReplayed) ctx.set('Idempotency-Replayed', 'true');
    // A replay gives the answer of the first request, with the version of that moment.
    setDataVersion(ctx, FIRST_VERSION);
    ctx.body = { data: { import_id: importId } };
  }

  async function check(ctx: Context, body: ImportBody, preferences: ReadonlySet<string>): Promise<void> {
    const { citizenCount, bytes } = await service.check(body);
    if (preferences.has('tx=rollback')) ctx.set('Preference-Applied', 'tx=rollback');
    ctx.body = { data: { citizens: citizenCount, bytes } };
  }

  return {
    method: 'post',
    path: '/imports',
    access: SUPPLIERS,
    tag: 'Imports',
    summary: 'Store an import',
    description:
      'All or nothing: an answer of 400 names up to 100 faults, and nothing was stored; with ' +
      '`Accept: application/x-ndjson` it has a line for each fault. The body is JSON, NDJSON with one citizen per line, or CSV ' +
      'with a header row and relatives as `1;2;3`, also as Excel writes it: with semicolons or tabs, or a first line ' +
      '`sep=;`. The body is read as it comes and may be compressed (Content-Encoding: gzip, deflate, br). With `Prefer: early-hints` a 103 answer has the path of a large import while its body is read.',
    parameters: PARAMETERS,
    headers: [
      {
        name: 'Idempotency-Key',
        description: 'Makes a repeat safe: within 24 hours the same body under the same key is stored once.',
        schema: { type: 'string', minLength: 1, maxLength: 255 },
      },
      {
        name: 'Prefer',
        description: '`tx=rollback`: a dry run. `early-hints`: a 103 answer has the path of a large import.',
        schema: { type: 'string' },
      },
      {
        name: 'Content-Encoding',
        description: 'How the body is compressed.',
        schema: { type: 'string', enum: DECODINGS },
      },
    ],
    requestBody: {
      schema: importSchema,
      example: { citizens: [exampleCitizen, exampleRelative] },
      otherTypes: {
        'application/x-ndjson': {
          schema: { type: 'string' },
          example: [exampleCitizen, exampleRelative].map((citizen) => JSON.stringify(citizen)).join('\n'),
        },
        'text/csv': {
          schema: { type: 'string' },
          example: `${CITIZEN_FIELDS.join()}\n1,Москва,Льва Толстого,16к7стр5,7,Иванов Иван Иванович,26.12.1986,male,2;3`,
        },
      },
    },
    success: {
      status: 201,
      description: 'The import is stored. `Idempotency-Replayed: true`: it was stored before, under this key.',
      schema: data({
        type: 'object',
        required: ['import_id'],
        properties: { import_id: { type: 'integer', minimum: 1 } },
      }),
      example: { data: { import_id: 1 } },
    },
    otherAnswer: {
      status: 200,
      description: 'A dry run: the import is valid, and nothing was stored.',
      schema: data({
        type: 'object',
        required: ['citizens', 'bytes'],
        properties: { citizens: { type: 'integer' }, bytes: { type: 'integer' } },
      }),
      example: { data: { citizens: 2, bytes: 512 } },
    },
    problems: [400, 408, 409, 413, 415, 422, 503, 507],
    otherProblems: { 400: { [REPORT_TYPE]: { schema: { type: 'string' }, example: exampleViolationLine } } },
    async handle(ctx) {
      const format = FORMATS[requireMediaType(ctx, Object.keys(FORMATS))] as ImportFormat;
      const decoding = contentDecoding(ctx);
      const preferences = preferencesOf(ctx);
      const answer = isDryRun(ctx, preferences) ? check : create;
      const reportsAll = wantsReport(ctx);
      const mayHoldBytes = decoding === 'identity' ? announcedLength(ctx.req) : undefined;
      try {
        await budget.spend(
          ctx.req,
          (account) => {
            const parts = readWindows(ctx.req, { decoding, limitBytes: bodyLimitBytes, account });
            return answer(ctx, { format, parts, account, reportsAll }, preferences);
          },
          Math.min(mayHoldBytes ?? MAX_AHEAD_BYTES, MAX_AHEAD_BYTES),
        );
      } catch (reason) {
        // Up to 16 MB, until the client has read them.
        if (reason instanceof ServiceError && reason.report !== undefined) {
          budget.holdForAnswer(ctx.res, byteLength(reason.report));
        }
        throw reason;
      }
    },
  };
}
