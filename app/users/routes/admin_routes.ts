import type { Context } from 'koa';
import { ServiceError } from '../../errors.js';
import type { Access } from '../../http/access.js';
import type { JsonSchema } from '../../http/docs/json_schema.js';
import type { AnswerKind, Route } from '../../http/route.js';
import { isUsername } from '../model/credentials.js';
import { FIRST_ROLES, type Role } from '../model/roles.js';
import {
  createBodyCheck,
  newTokenSchema,
  newUserSchema,
  requireOtherThanName,
  userChangesSchema,
  usernameSchema,
} from '../schema.js';
import type { UsersService } from '../service.js';
import {
  exampleShownToken,
  exampleUser,
  FORM_PROBLEMS,
  formBody,
  formRoute,
  jsonRoute,
  readBody,
  shownTokenSchema,
  TAG,
  toShownToken,
  toUserAnswer,
  userSchema,
} from './answers.js';

const USERS = '/api/v1/users/';
const ONE = `${USERS}{username}`;
const ADMINS: Access = { roles: ['admin'] };

/** A name that nobody can have is one that nobody has. @throws ServiceError USER_NOT_FOUND */
function usernameOf({ params }: Context & { params: Record<string, string> }): string {
  const username = params['username'] ?? '';
  if (isUsername(username)) return username;
  throw new ServiceError('USER_NOT_FOUND', 'No user has this name.');
}

function withoutRepeats(roles: readonly Role[]): Role[] {
  return [...new Set(roles)];
}

function userAnswer(status: number, description: string): AnswerKind {
  return { status, description, schema: userSchema, example: exampleUser };
}

/** Users and their rights, for administrators. */
export function adminRoutes(service: UsersService): Route[] {
  const checkNewUser = createBodyCheck(newUserSchema);
  const checkChanges = createBodyCheck(userChangesSchema);
  const checkNewToken = createBodyCheck(newTokenSchema);
  const common = { slash: 'either', tag: TAG, access: ADMINS } as const;
  const pathParameters: Readonly<Record<string, JsonSchema>> = { username: usernameSchema };
  return [
    {
      ...common,
      method: 'get',
      path: USERS,
      summary: 'All users',
      success: {
        status: 200,
        description: 'By name.',
        schema: { type: 'array', items: userSchema },
        example: [exampleUser],
      },
      problems: [],
      async handle(ctx) {
        ctx.body = (await service.list()).map(toUserAnswer);
      },
    },
    {
      ...common,
      ...jsonRoute,
      method: 'post',
      path: USERS,
      summary: 'Add a user',
      description:
        'Without a password nobody can log in under the name: give it a token. Roles: `["user"]` when absent.',
      requestBody: {
        schema: newUserSchema,
        example: { username: 'gomer', password: 'secret123', roles: ['user', 'operator'] },
      },
      success: userAnswer(201, 'The user.'),
      problems: FORM_PROBLEMS,
      async handle(ctx) {
        const { username, password, roles = FIRST_ROLES } = readBody(ctx, checkNewUser);
        if (password !== undefined) requireOtherThanName(password, username, 'password');
        const user = await service.add(username, password, withoutRepeats(roles));
        ctx.status = 201;
        ctx.body = toUserAnswer(user);
      },
    },
    {
      ...common,
      method: 'get',
      path: ONE,
      pathParameters,
      summary: 'One user',
      success: userAnswer(200, 'The user.'),
      problems: [404],
      async handle(ctx) {
        ctx.body = toUserAnswer(await service.get(usernameOf(ctx)));
      },
    },
    {
      ...common,
      ...jsonRoute,
      method: 'patch',
      path: ONE,
      pathParameters,
      summary: "Change a user's roles, enable or disable it",
      description: 'The tokens of a user end when it is disabled. The last enabled administrator stays one.',
      requestBody: { schema: userChangesSchema, example: { roles: ['user', 'manager'], enabled: true } },
      success: userAnswer(200, 'The user as it is now.'),
      problems: [...FORM_PROBLEMS, 404, 409],
      async handle(ctx) {
        const username = usernameOf(ctx);
        const { roles, enabled } = readBody(ctx, checkChanges);
        const user = await service.update(username, {
          ...(roles !== undefined && { roles: withoutRepeats(roles) }),
          ...(enabled !== undefined && { enabled }),
        });
        ctx.body = toUserAnswer(user);
      },
    },
    {
      ...common,
      method: 'delete',
      path: ONE,
      pathParameters,
      summary: 'Remove a user',
      description: 'With all its tokens. Nobody is given the name again. The last enabled administrator stays.',
      success: { status: 204, description: 'There is no such user any more.' },
      problems: [404, 409, 507],
      async handle(ctx) {
        await service.remove(usernameOf(ctx));
        ctx.status = 204;
      },
    },
    {
      ...common,
      ...formRoute,
      method: 'post',
      path: `${ONE}/tokens/`,
      pathParameters,
      summary: 'Make a token for a user',
      requestBody: formBody(newTokenSchema, { name: 'nightly export' }),
      success: {
        status: 201,
        description: 'The token, shown this once.',
        schema: shownTokenSchema,
        example: exampleShownToken,
      },
      problems: [...FORM_PROBLEMS, 404, 409],
      async handle(ctx) {
        const username = usernameOf(ctx);
        const { name, expires_in_s: expiresInS } = readBody(ctx, checkNewToken);
        const { id } = await service.get(username);
        const token = await service.addToken({ userId: id }, { name, ...(expiresInS !== undefined && { expiresInS }) });
        ctx.status = 201;
        ctx.body = toShownToken(token);
      },
    },
  ];
}
