import { Ajv, type ErrorObject, type SchemaObject } from 'ajv';
import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import { ServiceError, type Violation } from '../errors.js';
import { addTextKeywords } from '../http/schema_keywords.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import { fieldMessages } from './field_messages.js';
import {
  MAX_PASSWORD_LENGTH,
  MAX_USERNAME_LENGTH,
  MIN_PASSWORD_LENGTH,
  MIN_USERNAME_LENGTH,
  USERNAME_PATTERN,
} from './model/credentials.js';
import { ROLES } from './model/roles.js';

const MAX_TOKEN_NAME_LENGTH = 150;
/** A hundred years. */
const MAX_EXPIRES_IN_S = 100 * 365 * 24 * 60 * 60;
/** More violations than this in one small body tell nobody more. */
const MAX_VIOLATIONS = 1_000;

export const usernameSchema = {
  type: 'string',
  minLength: MIN_USERNAME_LENGTH,
  maxLength: MAX_USERNAME_LENGTH,
  pattern: USERNAME_PATTERN,
  'x-pattern-words': 'may have ASCII letters, digits and @ . + - _',
} as const;

const passwordSchema = {
  type: 'string',
  minLength: MIN_PASSWORD_LENGTH,
  maxLength: MAX_PASSWORD_LENGTH,
  'x-well-formed': true,
} as const;

const rolesSchema = { type: 'array', items: { type: 'string', enum: ROLES } } as const;
const expiresInSchema = { type: 'integer', minimum: 1, maximum: MAX_EXPIRES_IN_S } as const;
const tokenNameSchema = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_TOKEN_NAME_LENGTH,
  'x-well-formed': true,
} as const;

/** Other fields are ignored: the predecessor's clients may send some. */
export const registrationSchema = {
  type: 'object',
  required: ['username', 'password'],
  properties: { username: usernameSchema, password: passwordSchema },
} as const;

/** Any texts: a name that nobody can have is refused as one that nobody has. */
export const loginSchema = {
  type: 'object',
  required: ['username', 'password'],
  properties: { username: { type: 'string', minLength: 1 }, password: { type: 'string', minLength: 1 } },
} as const;

export const passwordChangeSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['new'],
  properties: {
    old: { type: 'string', minLength: 1, description: 'Absent for a user that has no password yet.' },
    new: passwordSchema,
  },
} as const;

export const newTokenSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: { name: tokenNameSchema, expires_in_s: expiresInSchema },
} as const;

export const newUserSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['username'],
  properties: { username: usernameSchema, password: passwordSchema, roles: rolesSchema },
} as const;

export const userChangesSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { roles: rolesSchema, enabled: { type: 'boolean' } },
} as const;

function refuse(errors: readonly ErrorObject[]): never {
  const list = createViolationList('Nothing was stored.', MAX_VIOLATIONS);
  for (const error of errors) list.add(toViolation(error, ''));
  const { code, message, violations = [], violationCount } = invalidInput(list);
  throw new ServiceError(code, message, { violations, violationCount, members: fieldMessages(errors) });
}

/** One broken rule of one field, also in the words of the predecessor. */
export function refuseField(violation: Violation, message: string): never {
  const list = createViolationList('Nothing was stored.');
  list.add(violation);
  const { code, message: detail, violations = [] } = invalidInput(list);
  const [, field = ''] = violation.pointer.split('/');
  throw new ServiceError(code, detail, { violations, members: { [field]: [message] } });
}

/** @throws ServiceError INVALID_INPUT when the password is the username */
export function requireOtherThanName(password: string, username: string, field: 'password' | 'new'): void {
  if (password !== username) return;
  const violation = { pointer: `/${field}`, code: 'SAME_AS_USERNAME', detail: 'must not be the username' };
  refuseField(violation, 'The password is too similar to the username.');
}

/** A parsed body, from JSON or from a form, whose values are all texts. @throws ServiceError INVALID_INPUT */
export type CheckBody<Body> = (body: unknown, isForm: boolean) => Body;

/** Compiles a schema. Numbers of forms are read from their digits. */
export function createBodyCheck<const Schema extends JSONSchema>(schema: Schema): CheckBody<FromSchema<Schema>> {
  const compile = (coerceTypes: boolean) => {
    const ajv = new Ajv({ allErrors: true, verbose: true, coerceTypes, allowUnionTypes: true });
    addTextKeywords(ajv);
    return ajv.compile(schema as SchemaObject);
  };
  const [ofJson, ofForm] = [compile(false), compile(true)];
  return (body, isForm) => {
    const isValid = isForm ? ofForm : ofJson;
    if (!isValid(body)) refuse(isValid.errors ?? []);
    return body as FromSchema<Schema>;
  };
}
