import type { Context } from 'koa';
import { readQuery } from '../query/query.js';
import { wholeNumber } from '../query/query_kinds.js';
import type { Route } from '../route.js';

/** The version of the import that an answer is of, or that a write has made. */
export function setDataVersion(ctx: Context, version: number): void {
  ctx.set('X-Data-Version', String(version));
}

/** Resolves when the import has come to the version. @throws ServiceError VERSION_NOT_REACHED, IMPORT_NOT_FOUND */
export type VersionWait = (importId: number, version: number) => Promise<void>;

const PARAMETERS = {
  minVersion: wholeNumber({
    name: 'min_version',
    description:
      'Answers only what is at least of this version, an X-Data-Version of an earlier answer; waits up to 5 s for it.',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
};

function isReadOfImport({ method, path }: Route): boolean {
  return method === 'get' && path.startsWith('/imports/{import_id}') && !path.endsWith('/events');
}

/** A read about one import also takes `?min_version=`; other routes stay as they are. */
export function withMinVersion(route: Route, reach: VersionWait): Route {
  if (!isReadOfImport(route)) return route;
  return {
    ...route,
    parameters: { ...route.parameters, ...PARAMETERS },
    async handle(ctx) {
      const { minVersion } = readQuery(ctx, PARAMETERS);
      // What is no id is left to the route, which has the words for it.
      const importId = Number(ctx.params['import_id']);
      if (minVersion !== undefined && Number.isSafeInteger(importId) && importId >= 0)
        await reach(importId, minVersion);
      await route.handle(ctx);
    },
  };
}
