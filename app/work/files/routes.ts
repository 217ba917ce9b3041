import type { BodyBudget } from '../../http/bodies/body_budget.js';
import type { JsonSchema } from '../../http/docs/json_schema.js';
import type { Route } from '../../http/route.js';
import { OPERATORS } from '../jobs/service.js';
import { preconditionOf } from './headers/preconditions.js';
import { filePathOf } from './routes/file_path.js';
import { getRoute } from './routes/get_route.js';
import { listRoute } from './routes/list_route.js';
import { putRoute } from './routes/put_route.js';
import type { FilesService } from './service.js';

const pathSchema: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 1_024,
  description: 'Names with slashes between. No name is empty, "." or "..", or has control characters.',
  examples: ['reports/2026.csv'],
};

const common = { access: OPERATORS, tag: 'Files' } as const;
const file = { ...common, path: '/files/{path}', pathParameters: { path: pathSchema } } as const;

export function fileRoutes(service: FilesService, budget: BodyBudget): Route[] {
  return [
    { ...common, ...listRoute(service) },
    { ...file, ...getRoute(service) },
    { ...file, ...putRoute(service, budget) },
    {
      ...file,
      method: 'delete',
      takesRest: true,
      summary: 'Remove a file',
      description: 'Folders that become empty are removed too.',
      headers: [{ name: 'If-Match', description: 'ETags: 412 if the file has none of them.' }],
      success: { status: 204, description: 'The file is removed.' },
      problems: [404, 412, 503, 507],
      async handle(ctx) {
        await service.remove(filePathOf(ctx), preconditionOf(ctx));
        ctx.status = 204;
      },
    },
  ];
}
