import { pageOf, pageParameters } from '../../../http/query/number_page.js';
import { readQuery } from '../../../http/query/query.js';
import type { Route } from '../../../http/route.js';
import { READERS, SUPPLIERS } from '../../access.js';
import { importIdFromPath } from '../../path_ids.js';
import type { ImportsService } from '../service.js';
import { exampleProgress, progressSchema, toProgressAnswer } from './progress_answer.js';

const TAG = 'Imports';
const PAGE = pageParameters('imports', { default: 50, max: 1_000 });

/** All imports, and the end of one. */
export function collectionRoutes(service: ImportsService): Route[] {
  return [
    {
      method: 'get',
      mayBeStale: true,
      path: '/imports',
      access: READERS,
      tag: TAG,
      summary: 'The imports',
      description: 'Newest first, those too whose bodies are still being read.',
      parameters: PAGE,
      success: {
        status: 200,
        description: 'A page of imports; next_cursor is null on the last.',
        schema: pageOf(progressSchema),
        example: { data: [exampleProgress], next_cursor: null },
      },
      problems: [503],
      async handle(ctx) {
        const { imports, nextCursor } = await service.listImports(readQuery(ctx, PAGE));
        ctx.body = { data: imports.map(toProgressAnswer), next_cursor: nextCursor };
      },
    },
    {
      method: 'delete',
      path: '/imports/{import_id}',
      access: SUPPLIERS,
      tag: TAG,
      summary: 'Delete an import',
      description:
        'It is gone at once for everybody; its memory is given back piece by piece afterwards. One whose body is still being ' +
        'read is not found. An Idempotency-Key that it was stored with goes on naming it until it expires.',
      headers: [
        {
          name: 'If-Match',
          description: 'ETags of the list of citizens: it is deleted only if one of them is of the list as it is.',
        },
      ],
      success: { status: 204, description: 'It is deleted.' },
      problems: [404, 412, 503, 507],
      async handle(ctx) {
        await service.deleteImport(importIdFromPath(ctx.params), ctx.req.headers['if-match']);
        ctx.status = 204;
      },
    },
  ];
}
