import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import { smallJsonBody } from '../../../http/bodies/body.js';
import { limitParameter, pageOf } from '../../../http/query/number_page.js';
import { readQuery } from '../../../http/query/query.js';
import { citizenText, withDefault } from '../../../http/query/query_kinds.js';
import type { Route } from '../../../http/route.js';
import { createBodyCheck } from '../../../users/schema.js';
import { MANAGERS } from '../../access.js';
import { placeParameter, toCursor } from '../../cursor.js';
import { isUuid } from '../model/uuid.js';
import { cameraChangesSchema, cameraSchema, newCameraSchema } from '../schema.js';
import type { CamerasService } from '../service.js';
import { exampleCamera, exampleCameraId, exampleNewCamera, TAG, toCameraAnswer } from './answers.js';

const CAMERAS = '/cameras';
const ONE = `${CAMERAS}/{id}`;
const BODY_LIMIT_BYTES = 16 * 1024;
const BODY_PROBLEMS = [400, 408, 413, 415, 503, 507];

const LIST = {
  limit: withDefault(limitParameter('Maximum number of cameras per page.', 1_000), 100),
  after: placeParameter<string>('string'),
  type: citizenText({ name: 'type', description: 'Only cameras of this type.' }),
};

/** Of a path. What is no UUID is the id of no camera. @throws ServiceError CAMERA_NOT_FOUND */
function cameraIdOf({ params }: Context & { params: Record<string, string> }): string {
  const id = params['id'] ?? '';
  if (isUuid(id)) return id.toLowerCase();
  throw new ServiceError('CAMERA_NOT_FOUND', 'No camera has this id.');
}

export function cameraRoutes(service: CamerasService): Route[] {
  const checkNew = createBodyCheck(newCameraSchema);
  const checkChanges = createBodyCheck(cameraChangesSchema);
  const common = { tag: TAG, access: MANAGERS, pathParameters: { id: { type: 'string', format: 'uuid' } } } as const;
  const middleware = [smallJsonBody(BODY_LIMIT_BYTES)];
  const oneCamera = { status: 200, description: 'The camera.', schema: cameraSchema, example: exampleCamera };
  return [
    {
      ...common,
      method: 'post',
      path: '/cameras/regist',
      summary: 'Register a camera',
      requestBody: { schema: newCameraSchema, example: exampleNewCamera },
      success: {
        status: 201,
        description: "The camera's id.",
        schema: { type: 'string', format: 'uuid' },
        example: exampleCameraId,
      },
      problems: BODY_PROBLEMS,
      middleware,
      async handle(ctx) {
        const { GPScoords, CameraType: type, description = '' } = checkNew(ctx.state['body'], false);
        const id = await service.register({ ...GPScoords, type, description });
        ctx.status = 201;
        ctx.type = 'application/json';
        ctx.body = JSON.stringify(id);
      },
    },
    {
      ...common,
      method: 'get',
      path: CAMERAS,
      summary: 'Cameras in the order of their registration',
      parameters: LIST,
      success: {
        status: 200,
        description: 'A page.',
        schema: pageOf(cameraSchema),
        example: { data: [exampleCamera], next_cursor: null },
      },
      problems: [503],
      async handle(ctx) {
        const { limit, after, type } = readQuery(ctx, LIST);
        const { cameras, next } = await service.list({ type }, after, limit);
        ctx.body = { data: cameras.map(toCameraAnswer), next_cursor: toCursor(next) };
      },
    },
    {
      ...common,
      method: 'get',
      path: ONE,
      summary: 'One camera',
      success: oneCamera,
      problems: [404, 503],
      async handle(ctx) {
        ctx.body = toCameraAnswer(await service.get(cameraIdOf(ctx)));
      },
    },
    {
      ...common,
      method: 'patch',
      path: ONE,
      summary: 'Change a camera, switch it off or on',
      description: 'The type of a camera that has cases stays as it is.',
      requestBody: { schema: cameraChangesSchema, example: { enabled: false } },
      success: oneCamera,
      problems: [...BODY_PROBLEMS, 404, 409],
      middleware,
      async handle(ctx) {
        const { GPScoords, CameraType: type, description, enabled } = checkChanges(ctx.state['body'], false);
        const changes = { ...GPScoords, type, description, enabled };
        const known = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
        ctx.body = toCameraAnswer(await service.update(cameraIdOf(ctx), known));
      },
    },
    {
      ...common,
      method: 'post',
      path: `${ONE}/token`,
      summary: 'Make a token for a camera',
      description: 'With it the camera may send cases of itself and nothing else. The token before ends.',
      success: {
        status: 201,
        description: 'The token, shown this once.',
        schema: { type: 'object', required: ['token'], properties: { token: { type: 'string' } } },
        example: { token: '9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b' },
      },
      problems: [404, 503, 507],
      async handle(ctx) {
        const token = await service.renewToken(cameraIdOf(ctx));
        ctx.status = 201;
        ctx.body = { token };
      },
    },
    {
      ...common,
      method: 'delete',
      path: ONE,
      summary: 'Delete a camera that has no cases',
      success: { status: 204, description: 'There is no such camera any more.' },
      problems: [404, 409, 503, 507],
      async handle(ctx) {
        await service.remove(cameraIdOf(ctx));
        ctx.status = 204;
      },
    },
  ];
}
