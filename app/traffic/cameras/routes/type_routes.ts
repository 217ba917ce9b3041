import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import { smallJsonBody } from '../../../http/bodies/body.js';
import type { BodyBudget } from '../../../http/bodies/body_budget.js';
import { nextCursor, pageOf, pageParameters } from '../../../http/query/number_page.js';
import { readQuery } from '../../../http/query/query.js';
import { oneOf } from '../../../http/query/query_kinds.js';
import type { Route } from '../../../http/route.js';
import { signedInCaller } from '../../../users/rights.js';
import { MANAGERS } from '../../access.js';
import { TYPE_NAME, trialSchema, typeNameSchema, typeSchema, typeVersionSchema } from '../schema.js';
import type { CamerasService } from '../service.js';
import { describedDefinitionSchema } from '../shapes/definition_schema.js';
import { readDefinition } from '../shapes/read_definition.js';
import {
  exampleDefinition,
  exampleType,
  exampleVersion,
  TAG,
  toTrialAnswer,
  toTypeAnswer,
  toVersionAnswer,
} from './answers.js';

const TYPES = '/cameras/types';
const ONE = `${TYPES}/{type_name}`;

/** 200 fields with all their options, and six expressions. */
const BODY_LIMIT_BYTES = 256 * 1024;

const DRY_RUN = {
  dryRun: oneOf({
    name: 'dry_run',
    description: 'Try the shape on the records of the last 1,000 cases of this type, and store nothing.',
    words: ['true', 'false'],
  }),
};

const VERSIONS_PAGE = pageParameters('versions', { default: 20, max: 100 });

type WithName = Context & { params: Record<string, string> };

/** A name that no type can have is one that no type has. */
function nameOf({ params }: WithName): string {
  const name = params['type_name'] ?? '';
  if (TYPE_NAME.test(name)) return name;
  throw new ServiceError('CAMERA_TYPE_NOT_FOUND', 'No camera type has this name.');
}

function newNameOf({ params }: WithName): string {
  const name = params['type_name'] ?? '';
  if (TYPE_NAME.test(name)) return name;
  const detail = 'must be up to 64 of a-z, 0-9 and _, and begin with a letter';
  throw new ServiceError('INVALID_INPUT', '1 rule is broken. Nothing was stored.', {
    violations: [{ pointer: '/path/type_name', code: 'WRONG_FORM', detail }],
  });
}

/** The shapes of records, which are data: a new kind of camera needs no release. */
export function typeRoutes(service: CamerasService, bodyBudget: BodyBudget | undefined): Route[] {
  const common = { tag: TAG, access: MANAGERS, pathParameters: { type_name: typeNameSchema } } as const;
  return [
    {
      ...common,
      method: 'get',
      path: TYPES,
      summary: 'All camera types',
      success: {
        status: 200,
        description: 'By name.',
        schema: { type: 'array', items: typeSchema },
        example: [exampleType],
      },
      problems: [503],
      async handle(ctx) {
        ctx.body = (await service.types()).map(toTypeAnswer);
      },
    },
    {
      ...common,
      method: 'get',
      path: ONE,
      summary: 'One camera type',
      success: { status: 200, description: 'The type.', schema: typeSchema, example: exampleType },
      problems: [404, 503],
      async handle(ctx) {
        ctx.body = toTypeAnswer(await service.type(nameOf(ctx)));
      },
    },
    {
      ...common,
      method: 'get',
      path: `${ONE}/versions`,
      summary: 'The versions of a camera type, newest first',
      parameters: VERSIONS_PAGE,
      success: {
        status: 200,
        description: 'A page.',
        schema: pageOf(typeVersionSchema),
        example: { data: [exampleVersion], next_cursor: null },
      },
      problems: [404, 503],
      async handle(ctx) {
        const { below, limit } = readQuery(ctx, VERSIONS_PAGE);
        const { versions, next } = await service.versions(nameOf(ctx), below, limit);
        ctx.body = { data: versions.map(toVersionAnswer), next_cursor: nextCursor(next) };
      },
    },
    {
      ...common,
      method: 'put',
      path: ONE,
      summary: 'Store the shape of records, or try it',
      description:
        'Fields and how a case is made of a valid record. A change is a new version, which is in force on all processes as soon as it ' +
        'is stored; cases name the version that made them. A pattern is in the syntax of RE2 and stands for the whole text. ' +
        'Expressions are JSONata; evaluating a record may take 50 ms of processor time.',
      parameters: DRY_RUN,
      requestBody: { schema: describedDefinitionSchema, example: exampleDefinition },
      success: {
        status: 200,
        description: 'The type as it is now; with `?dry_run=true`, the cases whose records do not pass.',
        schema: { anyOf: [typeSchema, trialSchema] },
        example: exampleType,
      },
      otherAnswer: { status: 201, description: 'The type, which is new.', schema: typeSchema, example: exampleType },
      problems: [400, 408, 413, 415, 503, 507],
      middleware: [smallJsonBody(BODY_LIMIT_BYTES, bodyBudget)],
      async handle(ctx) {
        const name = newNameOf(ctx);
        const definition = readDefinition(ctx.state['body']);
        if (readQuery(ctx, DRY_RUN).dryRun === 'true') {
          ctx.body = toTrialAnswer(await service.tryType(name, definition));
          return;
        }
        const { type, isNew } = await service.putType(name, definition, signedInCaller(ctx).username);
        ctx.status = isNew ? 201 : 200;
        ctx.body = toTypeAnswer(type);
      },
    },
    {
      ...common,
      method: 'delete',
      path: ONE,
      summary: 'Delete a camera type',
      success: { status: 204, description: 'There is no such type any more.' },
      problems: [404, 409, 503, 507],
      async handle(ctx) {
        await service.deleteType(nameOf(ctx));
        ctx.status = 204;
      },
    },
  ];
}
