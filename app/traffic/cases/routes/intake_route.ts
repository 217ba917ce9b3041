import type { Context } from 'koa';
import type { Route } from '../../../http/route.js';
import { CAMERA_ROLE } from '../../../users/model/roles.js';
import { signedInCaller } from '../../../users/rights.js';
import { CASE_SENDERS } from '../../access.js';
import { acceptedSchema, exampleWholeCase } from '../schema.js';
import type { CasesService, Sender } from '../service.js';

function senderOf(ctx: Context): Sender {
  const { username, roles } = signedInCaller(ctx);
  return roles.includes(CAMERA_ROLE) ? { cameraId: username } : { username };
}

const exampleAccepted = { case_id: exampleWholeCase.caseId, type: exampleWholeCase.type, version: 1 };

/** What cameras call. */
export function intakeRoute(service: CasesService): Route {
  return {
    method: 'post',
    path: '/cameras/case',
    tag: 'Cases',
    access: CASE_SENDERS,
    summary: 'Send a photo with its record',
    description:
      'A form with `photo`, an image of up to 16 MiB, and `metadata`, the record as JSON or in the binary form, up to 64 KiB, in ' +
      "either order. A camera's token is for its own cases; a manager may send those of any camera. The record is tried on the " +
      'camera types. What was sent before, the same photo and record of the same camera, is answered with the case that is there.',
    requestBody: {
      otherTypes: {
        'multipart/form-data': {
          schema: {
            type: 'object',
            required: ['photo', 'metadata'],
            properties: {
              photo: { type: 'string', format: 'binary', description: 'PNG, JPEG or WebP by its first bytes.' },
              metadata: { type: 'string', description: 'A file or a field.' },
            },
          },
        },
      },
    },
    success: {
      status: 201,
      description: 'The case and its photo are stored.',
      schema: acceptedSchema,
      example: exampleAccepted,
    },
    otherAnswer: {
      status: 200,
      description: 'The case is there already; with `Idempotency-Replayed: true`.',
      schema: acceptedSchema,
      example: exampleAccepted,
    },
    problems: [400, 408, 413, 415, 422, 503, 507],
    async handle(ctx) {
      const { case: stored, isRepeat } = await service.receive(ctx, senderOf(ctx));
      ctx.status = isRepeat ? 200 : 201;
      if (isRepeat) ctx.set('Idempotency-Replayed', 'true');
      ctx.body = { case_id: stored.caseId, type: stored.type, version: stored.version };
    },
  };
}
