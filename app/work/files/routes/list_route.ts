import { Readable } from 'node:stream';
import { type QueryParameters, readQuery } from '../../../http/query/query.js';
import { optional } from '../../../http/query/query_kinds.js';
import type { Route } from '../../../http/route.js';
import { parsePrefix } from '../model/file_path.js';
import { exampleFile, type FileRow, fileSchema } from '../schema.js';
import type { FilesService } from '../service.js';
import { invalidPath } from './file_path.js';

const ROWS_AT_ONCE = 100;

const PARAMETERS = {
  prefix: optional<string>({
    name: 'prefix',
    description: 'How the paths begin: `reports/` is a folder, `reports/2026` also names files in it.',
    schema: { type: 'string', maxLength: 1_024 },
    read: (text) => text,
  }),
} satisfies QueryParameters;

async function* jsonArrayOf(rows: AsyncGenerator<FileRow, void>): AsyncGenerator<string, void> {
  let texts: string[] = [];
  let opening = '[';
  for await (const row of rows) {
    texts.push(JSON.stringify(row));
    if (texts.length < ROWS_AT_ONCE) continue;
    yield opening + texts.join(',');
    opening = ',';
    texts = [];
  }
  yield `${texts.length > 0 || opening === '[' ? opening : ''}${texts.join(',')}]`;
}

export function listRoute(service: FilesService): Omit<Route, 'access' | 'tag'> {
  return {
    method: 'get',
    path: '/files/',
    summary: 'The files, in order of their paths',
    description:
      'Without links, folders and incomplete uploads. The ETag of a file that was put there by hand and is not hashed yet ' +
      'may be null.',
    parameters: PARAMETERS,
    success: {
      status: 200,
      description: 'Files.',
      schema: { type: 'array', items: fileSchema },
      example: [exampleFile],
    },
    problems: [503],
    handle(ctx) {
      const parsed = parsePrefix(readQuery(ctx, PARAMETERS).prefix ?? '');
      if ('code' in parsed) throw invalidPath('/query/prefix', parsed);
      ctx.body = Readable.from(jsonArrayOf(service.list(parsed.folders, parsed.start)), { objectMode: false });
      ctx.type = 'application/json';
    },
  };
}
