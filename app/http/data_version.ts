import type { Context } from 'koa';
import type { Route } from './route.js';
import { createViolationList, invalidInput } from './violations.js';

/** The version of the import that an answer is of, or that a write has made. */
export function setDataVersion(ctx: Context, version: number): void {
  ctx.set('X-Data-Version', String(version));
}

/** Resolves when the import has come to the version. @throws ServiceError VERSION_NOT_REACHED, IMPORT_NOT_FOUND */
export type VersionWait = (importId: number, version: number) => Promise<void>;

const PARAMETER = {
  name: 'min_version',
  description:
    'Answers only what is at least of this version, an X-Data-Version of an earlier answer; waits up to 5 s for it.',
  schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
};

/** @throws ServiceError INVALID_INPUT */
function readMinVersion(given: string | string[] | undefined): number | undefined {
  if (given === undefined) return undefined;
  const version = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isSafeInteger(version)) return version;
  const list = createViolationList('Nothing was read.');
  list.add({
    pointer: '/query/min_version',
    code: 'OUT_OF_RANGE',
    detail: 'must be one whole number from 0 to 2^53-1',
  });
  throw invalidInput(list);
}

function isReadOfImport({ method, path }: Route): boolean {
  return method === 'get' && path.startsWith('/imports/{import_id}') && !path.endsWith('/events');
}

/** A read about one import also takes `?min_version=`; other routes stay as they are. */
export function withMinVersion(route: Route, reach: VersionWait): Route {
  if (!isReadOfImport(route)) return route;
  return {
    ...route,
    query: [...(route.query ?? []), PARAMETER],
    problems: [...new Set([400, ...route.problems])],
    async handle(ctx) {
      const version = readMinVersion(ctx.query['min_version']);
      // What is no id is left to the route, which has the words for it.
      const importId = Number(ctx.params['import_id']);
      if (version !== undefined && Number.isSafeInteger(importId) && importId >= 0) await reach(importId, version);
      await route.handle(ctx);
    },
  };
}
