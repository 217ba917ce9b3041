import { readBytes, refuseTooLarge, requireJson, smallJsonBody } from '../http/body.js';
import { createBodyBudget } from '../http/body_budget.js';
import { citizenIdFromPath, data, importIdFromPath, type Route } from '../http/route.js';
import { listRoute } from './list_route.js';
import { type Citizen, citizenSchema, importSchema, patchSchema } from './schema.js';
import type { ImportsService } from './service.js';

const TAG = 'Imports';
/** Bodies of the largest size that may be in work at once. */
const LARGEST_BODIES_AT_ONCE = 4;

const exampleCitizen: Citizen = {
  citizen_id: 1,
  town: 'Москва',
  street: 'Льва Толстого',
  building: '16к7стр5',
  apartment: 7,
  name: 'Иванов Иван Иванович',
  birth_date: '26.12.1986',
  gender: 'male',
  relatives: [2],
};
const exampleRelative: Citizen = { ...exampleCitizen, citizen_id: 2, name: 'Иванов Сергей Иванович', relatives: [1] };

export function importRoutes(service: ImportsService, bodyLimitBytes: number): Route[] {
  const budget = createBodyBudget(LARGEST_BODIES_AT_ONCE * bodyLimitBytes);
  return [
    {
      method: 'post',
      path: '/imports',
      tag: TAG,
      summary: 'Store an import',
      description: 'All or nothing: an answer of 400 names what is wrong, up to 100 faults, and nothing was stored.',
      requestBody: { schema: importSchema, example: { citizens: [exampleCitizen, exampleRelative] } },
      success: {
        status: 201,
        description: 'The import is stored.',
        schema: data({
          type: 'object',
          required: ['import_id'],
          properties: { import_id: { type: 'integer', minimum: 1 } },
        }),
        example: { data: { import_id: 1 } },
      },
      problems: [400, 408, 413, 415, 503, 507],
      async handle(ctx) {
        requireJson(ctx);
        refuseTooLarge(ctx.req, bodyLimitBytes);
        const importId = await budget.spend(ctx.req, async (take) =>
          service.create(await readBytes(ctx.req, bodyLimitBytes, take)),
        );
        ctx.status = 201;
        ctx.body = { data: { import_id: importId } };
      },
    },
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
