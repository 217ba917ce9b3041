import type { Context } from 'koa';
import { setDataVersion } from '../../http/answers/data_version.js';
import { knownBy } from '../../http/answers/etags.js';
import { NOT_MODIFIED } from '../../http/answers/send_kept.js';
import { smallJsonBody } from '../../http/bodies/body.js';
import type { BodyBudget } from '../../http/bodies/body_budget.js';
import { pageOf, pageParameters } from '../../http/query/number_page.js';
import { readQuery } from '../../http/query/query.js';
import { data, type Route } from '../../http/route.js';
import { READERS, SUPPLIERS } from '../access.js';
import { IMPORT_READ } from '../import_read.js';
import { citizenIdFromPath, importIdFromPath } from '../path_ids.js';
import { exampleCitizen, exampleRelative } from './examples.js';
import { listRoute } from './list_route.js';
import { citizenSchema, patchSchema } from './schema.js';
import type { CitizenChange, CitizensService, KnownCitizen } from './service.js';

const TAG = 'Imports';
const PATH = '/imports/{import_id}/citizens/{citizen_id}';
/** A change with two lists of relatives of the maximum length has 18 KB. */
const HISTORY_PAGE = pageParameters('changes', { default: 50, max: 100 });

const changeSchema = {
  type: 'object',
  required: ['at', 'request_id', 'version', 'cause', 'changes'],
  properties: {
    at: { type: 'string', format: 'date-time' },
    request_id: { type: 'string', description: 'X-Request-Id of the PATCH.' },
    version: { type: 'integer', description: 'Of the import after the change.' },
    cause: {
      type: 'string',
      enum: ['patch', 'relative'],
      description: 'relative: a change of the relatives of the citizen cause_id changed this one too.',
    },
    cause_id: { type: 'integer' },
    changes: {
      type: 'object',
      description: 'By field. A list of more than 1,000 relatives is shown as {"count": 1001}.',
      additionalProperties: {
        type: 'object',
        required: ['before', 'after'],
        properties: { before: {}, after: {} },
      },
    },
  },
};

function toAnswer({ at, requestId, version, causeId, changes }: CitizenChange) {
  return {
    at: new Date(at * 1000).toISOString(),
    request_id: requestId,
    version,
    cause: causeId === undefined ? 'patch' : 'relative',
    ...(causeId !== undefined && { cause_id: causeId }),
    changes,
  };
}

function sendCitizen(ctx: Context, { citizen, etag, version }: KnownCitizen): void {
  ctx.set('ETag', etag);
  setDataVersion(ctx, version);
  ctx.body = { data: citizen };
}

const oneRoute = (service: CitizensService): Route => ({
  ...IMPORT_READ,
  path: PATH,
  access: READERS,
  tag: TAG,
  summary: 'One citizen',
  success: {
    status: 200,
    description: 'The citizen. Its ETag changes only when the citizen changes.',
    schema: data(citizenSchema),
    example: { data: exampleCitizen },
  },
  otherAnswer: NOT_MODIFIED,
  problems: [404, 503],
  async handle(ctx) {
    const found = await service.citizen(importIdFromPath(ctx.params), citizenIdFromPath(ctx.params));
    sendCitizen(ctx, found);
    ctx.set('Cache-Control', 'no-cache');
    if (knownBy(ctx.req)(found.etag)) ctx.status = 304;
  },
});

const patchRoute = (service: CitizensService, bodyLimitBytes: number, budget: BodyBudget): Route => ({
  method: 'patch',
  path: PATH,
  access: SUPPLIERS,
  tag: TAG,
  summary: 'Change a citizen',
  description: 'Any fields but citizen_id. A change of relatives also changes the other side, in the same transaction.',
  headers: [
    {
      name: 'If-Match',
      description:
        'ETags of the citizen, or of the list of citizens in any format and encoding: the change is made only if one of ' +
        'them is current. The weak form of an ETag, which proxies make, is accepted.',
    },
  ],
  requestBody: { schema: patchSchema, example: { town: 'Керчь', relatives: [] } },
  success: {
    status: 200,
    description: 'The whole citizen after the change, with its ETag.',
    schema: data(citizenSchema),
    example: { data: exampleCitizen },
  },
  problems: [400, 404, 408, 412, 413, 415, 503, 507],
  middleware: [smallJsonBody(bodyLimitBytes, budget)],
  async handle(ctx) {
    const importId = importIdFromPath(ctx.params);
    const citizenId = citizenIdFromPath(ctx.params);
    const options = { ifMatch: ctx.req.headers['if-match'], requestId: ctx.response.get('X-Request-Id') };
    sendCitizen(ctx, await service.patch(importId, citizenId, ctx.state['body'], options));
  },
});

const historyRoute = (service: CitizensService): Route => ({
  ...IMPORT_READ,
  path: `${PATH}/history`,
  access: READERS,
  tag: TAG,
  summary: 'The history of a citizen',
  description: 'Newest first; the last 1,000 changes are kept, until the import is deleted.',
  parameters: HISTORY_PAGE,
  success: {
    status: 200,
    description: 'Each changed field, before and after.',
    schema: pageOf(changeSchema),
    example: {
      data: [
        {
          at: '2026-11-22T12:00:00.000Z',
          request_id: '5f1c2b7e-6a0d-4c1f-9d55-1f0b7f3f2a10',
          version: 1795348800000000,
          cause: 'patch',
          changes: { town: { before: 'Москва', after: 'Керчь' } },
        },
      ],
      next_cursor: null,
    },
  },
  problems: [404, 503],
  async handle(ctx) {
    const importId = importIdFromPath(ctx.params);
    const citizenId = citizenIdFromPath(ctx.params);
    const page = readQuery(ctx, HISTORY_PAGE);
    const { version, changes, nextCursor } = await service.history(importId, citizenId, page);
    setDataVersion(ctx, version);
    ctx.body = { data: changes.map(toAnswer), next_cursor: nextCursor };
  },
});

type CitizensRoutesOptions = {
  bodyLimitBytes: number;
  /** For the bodies of all requests together. */
  budget: BodyBudget;
};

export function citizensRoutes(service: CitizensService, { bodyLimitBytes, budget }: CitizensRoutesOptions): Route[] {
  return [
    listRoute(service, [exampleCitizen, exampleRelative]),
    oneRoute(service),
    patchRoute(service, bodyLimitBytes, budget),
    historyRoute(service),
  ];
}
