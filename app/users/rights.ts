import type { Context } from 'koa';
import { ServiceError } from '../errors.js';
import { type Access, type Authorize, type NeededRoles, setAuthorizationWatch } from '../http/access.js';
import type { Authenticator } from './authenticator.js';
import { CAMERA_ROLE, hasOneOf, type Role } from './model/roles.js';
import type { Caller } from './repository.js';
import { hashToken, isTokenScheme, tokenFrom } from './token_text.js';
import type { TokenWatch } from './token_watch.js';

/** What SVODKA_AUTH protects: users and the wings that run things, or all. */
type AuthMode = 'work' | 'all';

export type Rights = { authorize: Authorize; neededRoles: NeededRoles };

const CALLER = 'caller';

function unauthorized(detail: string): ServiceError {
  return new ServiceError('UNAUTHORIZED', detail, { headers: { 'WWW-Authenticate': 'Token' } });
}

/** @throws ServiceError FORBIDDEN */
export function requireRole(caller: Pick<Caller, 'roles'>, roles: readonly string[]): void {
  if (roles.length === 0 || hasOneOf(caller.roles, roles as Role[])) return;
  throw new ServiceError('FORBIDDEN', `This needs the role ${roles.join(' or ')}.`);
}

/** Who sent the request; undefined when it has no token. */
function callerOf(ctx: Context): Caller | undefined {
  return ctx.state[CALLER];
}

/** The same where a route needs a token. */
export function signedInCaller(ctx: Context): Caller {
  const caller = callerOf(ctx);
  if (caller === undefined) throw unauthorized('This needs a token.');
  return caller;
}

/** The one place where it is decided who may use a route. */
export function createRights(authenticator: Authenticator, mode: AuthMode, tokens: TokenWatch): Rights {
  function neededRoles(access: Access): readonly string[] | undefined {
    if (access === 'public' || access === 'open') return undefined;
    if (access === 'signed-in') return [];
    return access.onlyWithAuth === undefined || access.onlyWithAuth === mode ? access.roles : undefined;
  }

  async function check(ctx: Context, authorization: string, roles: readonly string[] | undefined): Promise<void> {
    const caller = await authenticator.authenticate(authorization);
    if (caller === undefined)
      throw unauthorized('The token is not valid: it does not exist, was revoked, or has expired.');
    ctx.state[CALLER] = caller;
    setAuthorizationWatch(ctx, (onEnd) => tokens.whileValid(hashToken(tokenFrom(authorization) as string), onEnd));
    if (caller.roles.includes(CAMERA_ROLE) && !roles?.includes(CAMERA_ROLE)) {
      throw new ServiceError('FORBIDDEN', "A camera's token is for sending cases and for nothing else.");
    }
    if (roles !== undefined) requireRole(caller, roles);
  }

  return {
    neededRoles,
    authorize(ctx, access) {
      if (access === 'public') return undefined;
      const authorization = ctx.get('Authorization');
      const roles = neededRoles(access);
      // A wrong token is refused also where none is needed: its sender believes to be somebody.
      if (isTokenScheme(authorization)) return check(ctx, authorization, roles);
      if (roles !== undefined) throw unauthorized('This needs a token: send it as "Authorization: Token ...".');
      return undefined;
    },
  };
}
