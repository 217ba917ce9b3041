import type { Context } from 'koa';

/**
 * Who may use a route or a method.
 * - `public`: everybody; a token is ignored. For health and metrics.
 * - `open`: everybody, but a token that is sent must be valid.
 * - `signed-in`: callers with a valid token.
 * - `roles`: callers with one of the roles; with `onlyWithAuth: 'all'`, everybody unless the service protects all its
 *   wings.
 */
export type Access =
  | 'public'
  | 'open'
  | 'signed-in'
  | { readonly roles: readonly string[]; readonly onlyWithAuth?: 'all' };

/**
 * Decides before the query string and the body are read.
 * @throws ServiceError UNAUTHORIZED, FORBIDDEN
 */
export type Authorize = (ctx: Context, access: Access) => Promise<void> | void;

/**
 * The roles that give access in the current configuration: undefined if no token is needed, empty if any valid token
 * suffices.
 */
export type NeededRoles = (access: Access) => readonly string[] | undefined;

/** Calls `onEnd` once when what a request was allowed by is not valid any more; returns the function that ends the watch. */
type WatchAuthorization = (onEnd: () => void) => () => void;

const WATCH = 'watchAuthorization';

/** For an `Authorize`: how to learn that the token of a request has ended. */
export function setAuthorizationWatch(ctx: Context, watch: WatchAuthorization): void {
  ctx.state[WATCH] = watch;
}

/** For responses that last: as WatchAuthorization. Of a request without a token nothing ends. */
export function whileAuthorized(ctx: Context, onEnd: () => void): () => void {
  const watch: WatchAuthorization | undefined = ctx.state[WATCH];
  return watch?.(onEnd) ?? (() => {});
}
