import type { Context } from 'koa';
import { readQuery } from '../query/query.js';
import { wholeNumber } from '../query/query_kinds.js';
import type { Route } from '../route.js';

/** A route as the replica serves it. */
export type StaleReads = {
  /** By method and path, as routeName makes it. */
  handlers: ReadonlyMap<string, Route['handle']>;
  /** How old its data can be at most now; undefined while it is away. */
  stalenessMs: () => number | undefined;
  /** Told why it was the primary that answered. */
  onRefusal: (reason: unknown) => void;
};

const PARAMETERS = {
  limitMs: wholeNumber({
    name: 'max_staleness_ms',
    description:
      'The answer may lack what was acknowledged in so many milliseconds before the request: then a replica may give ' +
      'it, when there is one. X-Staleness-Ms and X-Served-By say what it was.',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
};

export function routeName({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

function tell(ctx: Context, servedBy: 'primary' | 'replica', stalenessMs: number): void {
  ctx.set('X-Served-By', servedBy);
  ctx.set('X-Staleness-Ms', String(Math.ceil(stalenessMs)));
}

/**
 * A route with `mayBeStale` also takes `?max_staleness_ms=`; other routes are returned unchanged. When the replica fails
 * in any way, also because it does not have the data yet, the primary answers instead. Without `stale` the primary
 * always answers.
 */
export function withMaxStaleness(route: Route, stale: StaleReads | undefined): Route {
  if (route.mayBeStale !== true) return route;
  const handleStale = stale?.handlers.get(routeName(route));
  return {
    ...route,
    parameters: { ...route.parameters, ...PARAMETERS },
    async handle(ctx) {
      const { limitMs } = readQuery(ctx, PARAMETERS);
      const stalenessMs = limitMs === undefined ? undefined : stale?.stalenessMs();
      if (limitMs !== undefined && stalenessMs !== undefined && stalenessMs <= limitMs && handleStale !== undefined) {
        try {
          await handleStale(ctx);
          tell(ctx, 'replica', stalenessMs);
          return;
        } catch (reason) {
          stale?.onRefusal(reason);
        }
      }
      await route.handle(ctx);
      if (limitMs !== undefined) tell(ctx, 'primary', 0);
    },
  };
}
