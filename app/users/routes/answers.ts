import type { Context } from 'koa';
import { toTimestamp } from '../../calendar.js';
import { FORM_TYPE, smallFormBody, smallJsonBody } from '../../http/bodies/body.js';
import type { JsonSchema } from '../../http/docs/json_schema.js';
import type { Route } from '../../http/route.js';
import { ROLES } from '../model/roles.js';
import type { Token, User } from '../repository.js';
import type { CheckBody } from '../schema.js';

export const TAG = 'Users';

/** A password of 128 code points takes 1.5 KB percent-encoded. */
const BODY_LIMIT_BYTES = 16 * 1024;

/** What routes with small bodies, JSON or a form, have in common. */
export const formRoute = {
  slash: 'either',
  tag: TAG,
  middleware: [smallFormBody(BODY_LIMIT_BYTES)],
} satisfies Partial<Route>;

/** The same for bodies that a form cannot hold. */
export const jsonRoute = { ...formRoute, middleware: [smallJsonBody(BODY_LIMIT_BYTES)] } satisfies Partial<Route>;

/** Problems of such a body, and of the database. */
export const FORM_PROBLEMS: readonly number[] = [400, 408, 413, 415, 503, 507];

export function formBody(schema: JsonSchema, example: unknown): NonNullable<Route['requestBody']> {
  return { schema, example, otherTypes: { [FORM_TYPE]: { schema } } };
}

/** @throws ServiceError INVALID_INPUT */
export function readBody<Body>({ state }: Context, check: CheckBody<Body>): Body {
  return check(state['body'], state['isForm'] === true);
}

/** Of the peer: whoever connects says in a header whatever suits him. */
export function addressOf({ req }: Context): string {
  return req.socket.remoteAddress ?? 'unknown';
}

const time = { type: 'string', format: 'date-time' };
const maybeTime = { type: ['string', 'null'], format: 'date-time' };
const roles = { type: 'array', items: { type: 'string', enum: ROLES } };

export const meSchema = {
  type: 'object',
  required: ['id', 'username', 'roles', 'created_at'],
  properties: { id: { type: 'integer' }, username: { type: 'string' }, roles, created_at: time },
};
export const userSchema = {
  type: 'object',
  required: ['username', 'roles', 'enabled', 'created_at'],
  properties: { username: { type: 'string' }, roles, enabled: { type: 'boolean' }, created_at: time },
};
export const tokenSchema = {
  type: 'object',
  required: ['id', 'name', 'created_at', 'last_used_at', 'expires_at'],
  properties: {
    id: { type: 'integer' },
    name: { type: 'string' },
    created_at: time,
    last_used_at: { ...maybeTime, description: 'To the minute.' },
    expires_at: maybeTime,
  },
};
export const shownTokenSchema = {
  type: 'object',
  required: ['id', 'name', 'token', 'expires_at'],
  properties: {
    id: { type: 'integer' },
    name: { type: 'string' },
    token: { type: 'string', description: 'Shown this once: only its SHA-256 is stored.' },
    expires_at: maybeTime,
  },
};

const EXAMPLE_TIME = '2026-11-27T20:30:11.123456Z';
export const exampleUser = { username: 'gomer', roles: ['user'], enabled: true, created_at: EXAMPLE_TIME };
export const exampleToken = {
  id: 7,
  name: 'nightly export',
  created_at: EXAMPLE_TIME,
  last_used_at: null,
  expires_at: null,
};
export const exampleShownToken = {
  id: 7,
  name: 'nightly export',
  token: '9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b',
  expires_at: null,
};

function toMaybeTime(seconds: number | undefined): string | null {
  return seconds === undefined ? null : toTimestamp(seconds);
}

export function toMe({ id, username, roles: own, createdAt }: User): object {
  return { id, username, roles: own, created_at: toTimestamp(createdAt) };
}

export function toUserAnswer({ username, roles: own, enabled, createdAt }: User): object {
  return { username, roles: own, enabled, created_at: toTimestamp(createdAt) };
}

export function toTokenAnswer({ id, name, createdAt, lastUsedAt, expiresAt }: Token): object {
  return {
    id,
    name,
    created_at: toTimestamp(createdAt),
    last_used_at: toMaybeTime(lastUsedAt),
    expires_at: toMaybeTime(expiresAt),
  };
}

export function toShownToken({ id, name, token, expiresAt }: Token & { token: string }): object {
  return { id, name, token, expires_at: toMaybeTime(expiresAt) };
}
