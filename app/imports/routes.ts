import { smallJsonBody } from '../http/body.js';
import { knownBy, NOT_MODIFIED, sendKept } from '../http/kept_answers.js';
import { citizenIdFromPath, data, importIdFromPath, type Route } from '../http/route.js';
import { exampleCitizen, exampleRelative } from './examples.js';
import { postRoute } from './post_route.js';
import { progressRoutes } from './progress_routes.js';
import { citizenSchema, patchSchema } from './schema.js';
import type { ImportsService } from './service.js';

const TAG = 'Imports';

/** `stopping`: when the service begins to stop. */
export function importRoutes(service: ImportsService, bodyLimitBytes: number, stopping: AbortSignal): Route[] {
  return [
    postRoute(service, bodyLimitBytes),
    ...progressRoutes(service, stopping),
    {
      method: 'get',
      path: '/imports/{import_id}/citizens',
      tag: TAG,
      summary: 'All citizens of an import',
      success: {
        status: 200,
        description: 'The citizens, in order of citizen_id, all as of one moment.',
        schema: data({ type: 'array', items: citizenSchema }),
        example: { data: [exampleCitizen, exampleRelative] },
      },
      otherAnswer: NOT_MODIFIED,
      problems: [404, 503],
      async handle(ctx) {
        sendKept(ctx, await service.list(importIdFromPath(ctx.params), knownBy(ctx.req)));
      },
    },
    {
      method: 'patch',
      path: '/imports/{import_id}/citizens/{citizen_id}',
      tag: TAG,
      summary: 'Change a citizen',
      description:
        'Any fields but citizen_id. A change of relatives changes the other side too, in the same transaction.',
      requestBody: { schema: patchSchema, example: { town: 'Керчь', relatives: [] } },
      success: {
        status: 200,
        description: 'The whole citizen as it is now.',
        schema: data(citizenSchema),
        example: { data: exampleCitizen },
      },
      problems: [400, 404, 408, 413, 415, 503, 507],
      middleware: [smallJsonBody(bodyLimitBytes)],
      async handle(ctx) {
        const importId = importIdFromPath(ctx.params);
        const citizenId = citizenIdFromPath(ctx.params);
        ctx.body = { data: await service.patch(importId, citizenId, ctx.request.body) };
      },
    },
  ];
}
