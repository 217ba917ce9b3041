import type { Context } from 'koa';

/**
 * Who may use a route or a method.
 * - `public`: everybody, and a token is not looked at: health and metrics.
 * - `open`: everybody, but a token that is sent must be valid.
 * - `signed-in`: whoever has a valid token.
 * - `roles`: who has one of them; `onlyWithAuth: 'all'`: everybody unless the service protects all its wings.
 */
export type Access =
  | 'public'
  | 'open'
  | 'signed-in'
  | { readonly roles: readonly string[]; readonly onlyWithAuth?: 'all' };

/** Decides, before anything of the request is read. @throws ServiceError UNAUTHORIZED, FORBIDDEN */
export type Authorize = (ctx: Context, access: Access) => Promise<void> | void;

/** The roles that a caller needs as the service is set up: undefined for nobody, empty for any valid token. */
export type NeededRoles = (access: Access) => readonly string[] | undefined;
