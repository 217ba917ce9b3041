import { smallJsonBody } from '../http/body.js';
import { citizenIdFromPath, data, importIdFromPath, type Route } from '../http/route.js';
import { exampleCitizen, exampleRelative } from './examples.js';
import { listRoute } from './list_route.js';
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
    listRoute(service, [exampleCitizen, exampleRelative]),
    {
      method: 'patch',
      path: '/imports/{import_id}/citizens/{citizen_id}',
      tag: TAG,
      summary: 'Change a citizen',
      description:
        'Any fields but citizen_id. A change of relatives changes the other side too, in the same transaction.',
      headers: [
        {
          name: 'If-Match',
          description:
            'ETags of the list of citizens, in any format and encoding: the change is made only if one of them is of the ' +
            'list as it is. Weak ones never are.',
        },
      ],
      requestBody: { schema: patchSchema, example: { town: 'Керчь', relatives: [] } },
      success: {
        status: 200,
        description: 'The whole citizen as it is now; the ETag is that of the list of citizens as JSON.',
        schema: data(citizenSchema),
        example: { data: exampleCitizen },
      },
      problems: [400, 404, 408, 412, 413, 415, 503, 507],
      middleware: [smallJsonBody(bodyLimitBytes)],
      async handle(ctx) {
        const importId = importIdFromPath(ctx.params);
        const citizenId = citizenIdFromPath(ctx.params);
        const ifMatch = ctx.req.headers['if-match'];
        const { citizen, etag } = await service.patch(importId, citizenId, ctx.request.body, ifMatch);
        ctx.set('ETag', etag);
        ctx.body = { data: citizen };
      },
    },
  ];
}
