import type { Context } from 'koa';
import { ServiceError } from '../../errors.js';
import type { Route } from '../../http/route.js';
import { signedInCaller } from '../rights.js';
import { createBodyCheck, newTokenSchema, passwordChangeSchema, requireOtherThanName } from '../schema.js';
import type { UsersService } from '../service.js';
import {
  addressOf,
  exampleShownToken,
  exampleToken,
  exampleUser,
  FORM_PROBLEMS,
  formBody,
  formRoute,
  meSchema,
  readBody,
  shownTokenSchema,
  TAG,
  tokenSchema,
  toMe,
  toShownToken,
  toTokenAnswer,
} from './answers.js';

const TOKENS = '/api/v1/tokens/';

/** The token of the request itself, in the place of an id: to log out. */
const CURRENT = 'current';
const tokenIdSchema = { type: 'string', pattern: '^([0-9]{1,16}|current)$' };

/** @throws ServiceError TOKEN_NOT_FOUND */
function tokenIdOf(ctx: Context & { params: Record<string, string> }): number {
  const text = ctx.params['id'] ?? '';
  if (text === CURRENT) return signedInCaller(ctx).tokenId;
  const id = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(id)) return id;
  throw new ServiceError('TOKEN_NOT_FOUND', 'You have no token of this id.');
}

/** What every user may do with its own account: look at it, change the password, make and end tokens. */
export function ownRoutes(service: UsersService): Route[] {
  const checkPasswordChange = createBodyCheck(passwordChangeSchema);
  const checkNewToken = createBodyCheck(newTokenSchema);
  const common = { slash: 'either', tag: TAG, access: 'signed-in' } as const;
  return [
    {
      ...common,
      method: 'get',
      path: '/api/v1/me',
      summary: 'Who am I',
      success: {
        status: 200,
        description: 'The user that the token belongs to.',
        schema: meSchema,
        example: { id: 3, username: 'gomer', roles: exampleUser.roles, created_at: exampleUser.created_at },
      },
      problems: [],
      async handle(ctx) {
        ctx.body = toMe(await service.me(signedInCaller(ctx)));
      },
    },
    {
      ...common,
      ...formRoute,
      method: 'post',
      path: '/api/v1/password',
      summary: 'Change the password, or set the first one',
      description:
        'Ends all other tokens of the user. A wrong `old` counts as a wrong log-in. A user that has no password yet, as the ' +
        'first administrator, sends none.',
      requestBody: formBody(passwordChangeSchema, { old: 'secret123', new: 'secret of 2026' }),
      success: { status: 204, description: 'The password is changed.' },
      problems: [...FORM_PROBLEMS, 409, 429],
      async handle(ctx) {
        const caller = signedInCaller(ctx);
        const { old, new: next } = readBody(ctx, checkPasswordChange);
        requireOtherThanName(next, caller.username, 'new');
        await service.changePassword(caller, { old, next }, addressOf(ctx));
        ctx.status = 204;
      },
    },
    {
      ...common,
      method: 'get',
      path: TOKENS,
      summary: 'Own tokens',
      success: {
        status: 200,
        description: 'Those of log-in and named ones, oldest first.',
        schema: { type: 'array', items: tokenSchema },
        example: [exampleToken],
      },
      problems: [],
      async handle(ctx) {
        ctx.body = (await service.listTokens(signedInCaller(ctx))).map(toTokenAnswer);
      },
    },
    {
      ...common,
      ...formRoute,
      method: 'post',
      path: TOKENS,
      summary: 'Make a named token',
      description: 'For a program. Without `expires_in_s` it ends when it is deleted. A user has at most 100.',
      requestBody: formBody(newTokenSchema, { name: 'nightly export', expires_in_s: 86_400 }),
      success: {
        status: 201,
        description: 'The token, shown this once.',
        schema: shownTokenSchema,
        example: exampleShownToken,
      },
      problems: [...FORM_PROBLEMS, 404, 409],
      async handle(ctx) {
        const { name, expires_in_s: expiresInS } = readBody(ctx, checkNewToken);
        const token = await service.addToken(signedInCaller(ctx), {
          name,
          ...(expiresInS !== undefined && { expiresInS }),
        });
        ctx.status = 201;
        ctx.body = toShownToken(token);
      },
    },
    {
      ...common,
      method: 'delete',
      path: `${TOKENS}{id}`,
      pathParameters: { id: tokenIdSchema },
      summary: 'End a token',
      description: '`current` is the token of this request: to log out.',
      success: { status: 204, description: 'The next request with it is answered 401.' },
      problems: [404, 507],
      async handle(ctx) {
        await service.deleteToken(signedInCaller(ctx), tokenIdOf(ctx));
        ctx.status = 204;
      },
    },
    {
      ...common,
      method: 'delete',
      path: TOKENS,
      summary: 'Log out everywhere',
      success: { status: 204, description: 'All tokens of the user have ended, the one of this request too.' },
      problems: [507],
      async handle(ctx) {
        await service.deleteTokens(signedInCaller(ctx));
        ctx.status = 204;
      },
    },
  ];
}
