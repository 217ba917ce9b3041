import type { Context } from 'koa';
import { readQuery } from '../query/query.js';
import { wholeNumber } from '../query/query_kinds.js';
import { forbidRepeat } from '../requests/repeatable.js';
import type { Route } from '../route.js';

/** Sets X-Data-Version: the version that the response was made from, or that a write has created. */
export function setDataVersion(ctx: Context, version: number): void {
  ctx.set('X-Data-Version', String(version));
}

/**
 * Resolves when the subject has reached the version.
 * @throws ServiceError VERSION_NOT_REACHED
 */
export type VersionWait = (subjectId: number, version: number) => Promise<void>;

const PARAMETERS = {
  minVersion: wholeNumber({
    name: 'min_version',
    description:
      'The answer is made from this version or a later one. Takes the X-Data-Version of an earlier answer; waits up to 5 s.',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
};

/** Adds `?min_version=` to a route that has `subjectOf`; other routes are returned unchanged. */
export function withMinVersion(route: Route, reach: VersionWait): Route {
  const { subjectOf } = route;
  if (subjectOf === undefined) return route;
  return {
    ...route,
    parameters: { ...route.parameters, ...PARAMETERS },
    async handle(ctx) {
      const { minVersion } = readQuery(ctx, PARAMETERS);
      const subjectId = minVersion === undefined ? undefined : subjectOf(ctx.params);
      // Malformed ids are refused by the route itself.
      if (minVersion !== undefined && subjectId !== undefined) {
        forbidRepeat(ctx);
        await reach(subjectId, minVersion);
      }
      await route.handle(ctx);
    },
  };
}
