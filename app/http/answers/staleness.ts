import type { Context } from 'koa';
import { readQuery } from '../query/query.js';
import { wholeNumber } from '../query/query_kinds.js';
import { forbidRepeat } from '../requests/repeatable.js';
import type { Route } from '../route.js';

/** The routes as the replica serves them. */
export type StaleReads = {
  /** Handlers by routeName(). */
  handlers: ReadonlyMap<string, Route['handle']>;
  /** Upper bound of the current age of its data; undefined while the replica is away. */
  stalenessMs: () => number | undefined;
  /** Called with the reason when the primary had to answer instead. */
  onRefusal: (reason: unknown) => void;
};

const PARAMETERS = {
  limitMs: wholeNumber({
    name: 'max_staleness_ms',
    description:
      'The answer may lack changes acknowledged within this many milliseconds before the request, so a replica may give ' +
      'it. X-Served-By and X-Staleness-Ms tell which server answered and how old its data may be.',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
};

export function routeName({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

function setHeaders(ctx: Context, servedBy: 'primary' | 'replica', stalenessMs: number): void {
  ctx.set('X-Served-By', servedBy);
  ctx.set('X-Staleness-Ms', String(Math.ceil(stalenessMs)));
}

/**
 * Adds `?max_staleness_ms=` to a route with `mayBeStale`; other routes are returned unchanged. If the replica fails in
 * any way, for instance because it does not have the data yet, the primary answers instead. Without `stale` the primary
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
      if (limitMs !== undefined) forbidRepeat(ctx);
      const stalenessMs = limitMs === undefined ? undefined : stale?.stalenessMs();
      if (limitMs !== undefined && stalenessMs !== undefined && stalenessMs <= limitMs && handleStale !== undefined) {
        try {
          await handleStale(ctx);
          setHeaders(ctx, 'replica', stalenessMs);
          return;
        } catch (reason) {
          stale?.onRefusal(reason);
        }
      }
      await route.handle(ctx);
      if (limitMs !== undefined) setHeaders(ctx, 'primary', 0);
    },
  };
}
