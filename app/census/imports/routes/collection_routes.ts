import { pageOf, pageParameters } from '../../../http/query/number_page.js';
import { readQuery } from '../../../http/query/query.js';
import type { Route } from '../../../http/route.js';
import { READERS, SUPPLIERS } from '../../access.js';
import { importIdFromPath } from '../../path_ids.js';
import type { ImportsService } from '../service.js';
import { exampleProgress, progressSchema, toProgressAnswer } from './progress_answer.js';

const TAG = 'Imports';
const PAGE = pageParameters('imports', { default: 50, max: 1_000 });

/** The list of imports, and deleting one. */
export function collectionRoutes(service: ImportsService): Route[] {
  return [
    {
      method: 'get',
      mayBeStale: true,
      path: '/imports',
      access: READERS,
      tag: TAG,
      summary: 'The imports',
      description: 'Newest first, including those whose bodies are still being read.',
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
        'It disappears at once; its memory is freed in pieces afterwards. An import whose body is still being read is not ' +
        'found. An Idempotency-Key that it was stored with names it until the key expires.',
      headers: [
        {
          name: 'If-Match',
          description: 'ETags of the list of citizens: the import is deleted only if one of them is current.',
        },
      ],
      success: { status: 204, description: 'The import is deleted.' },
      problems: [404, 412, 503, 507],
      async handle(ctx) {
        await service.deleteImport(importIdFromPath(ctx.params), ctx.req.headers['if-match']);
        ctx.status = 204;
      },
    },
  ];
}
