import type { Route } from '../../http/route.js';
import { createBodyCheck, loginSchema, registrationSchema, requireOtherThanName } from '../schema.js';
import type { UsersService } from '../service.js';
import { addressOf, FORM_PROBLEMS, formBody, formRoute, readBody } from './answers.js';

const EXAMPLE = { username: 'gomer', password: 'secret123' };

/** Registration and log-in: what somebody without a token needs. */
export function loginRoutes(service: UsersService): Route[] {
  const checkRegistration = createBodyCheck(registrationSchema);
  const checkLogin = createBodyCheck(loginSchema);
  return [
    {
      ...formRoute,
      method: 'post',
      path: '/api/v1/registration',
      access: 'open',
      summary: 'Register',
      description: 'The new user has the role `user`. Faults are also named by field, as `{"username": ["..."]}`.',
      requestBody: formBody(registrationSchema, EXAMPLE),
      success: {
        status: 201,
        description: 'The user is registered and can log in.',
        schema: { type: 'object', required: ['username'], properties: { username: { type: 'string' } } },
        example: { username: 'gomer' },
      },
      problems: [...FORM_PROBLEMS, 429],
      async handle(ctx) {
        const { username, password } = readBody(ctx, checkRegistration);
        requireOtherThanName(password, username, 'password');
        const user = await service.register({ username, password }, addressOf(ctx));
        ctx.status = 201;
        ctx.body = { username: user.username };
      },
    },
    {
      ...formRoute,
      method: 'post',
      path: '/api-token-auth/',
      access: 'open',
      summary: 'Log in',
      description:
        'A new token each time; the newest 20 of a user are kept. A wrong name answers as a wrong password does, also in ' +
        '`non_field_errors`. After 10 wrong log-ins of a name or 30 from an address in five minutes: 429.',
      requestBody: formBody(loginSchema, EXAMPLE),
      success: {
        status: 200,
        description: 'A token.',
        schema: {
          type: 'object',
          required: ['token'],
          properties: { token: { type: 'string', pattern: '^[0-9a-f]{40}$' } },
        },
        example: { token: '9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b' },
      },
      problems: [...FORM_PROBLEMS, 429],
      async handle(ctx) {
        ctx.body = { token: await service.logIn(readBody(ctx, checkLogin), addressOf(ctx)) };
      },
    },
  ];
}
