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
