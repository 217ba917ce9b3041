import type { ErrorObject } from 'ajv';
import { MOST_VIOLATIONS, ServiceError, type Violation } from '../errors.js';

/** Longer keys are not repeated to the client: the pointer then leads to the object that has them. */
const MOST_KEY_LENGTH = 256;

/** Gathers violations: the first 100 whole, the rest as a number. */
export type ViolationList = {
  add(violation: Violation): void;
  first: readonly Violation[];
  count(): number;
};

export function createViolationList(): ViolationList {
  const first: Violation[] = [];
  let count = 0;
  return {
    add(violation) {
      count++;
      if (first.length < MOST_VIOLATIONS) first.push(violation);
    },
    first,
    count: () => count,
  };
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function below(pointer: string, key: string): string {
  return key.length > MOST_KEY_LENGTH ? pointer : `${pointer}/${escapePointer(key)}`;
}

type Told = { code: string; detail: string; key?: string };

/** Each keyword that the schemas use, in words. */
const TELL: Readonly<Record<string, (error: ErrorObject) => Told>> = {
  required: ({ params }) => ({ code: 'REQUIRED', detail: 'is required', key: params['missingProperty'] }),
  additionalProperties: ({ params }) => ({
    code: 'UNKNOWN_FIELD',
    detail: 'is not a known field',
    key: params['additionalProperty'],
  }),
  not: () => ({ code: 'READ_ONLY', detail: 'cannot be changed' }),
  type: ({ params }) => ({ code: 'WRONG_TYPE', detail: `must be of type ${params['type']}` }),
  minProperties: () => ({ code: 'EMPTY', detail: 'must have at least one field' }),
  minLength: ({ params }) => ({ code: 'TOO_SHORT', detail: `must have at least ${params['limit']} character` }),
  maxLength: ({ params }) => ({ code: 'TOO_LONG', detail: `must have at most ${params['limit']} characters` }),
  pattern: ({ params, parentSchema }) => ({
    code: 'WRONG_FORM',
    detail: String(parentSchema?.['x-pattern-words'] ?? `must match ${params['pattern']}`),
  }),
  minimum: ({ params }) => ({ code: 'OUT_OF_RANGE', detail: `must be at least ${params['limit']}` }),
  maximum: ({ params }) => ({ code: 'OUT_OF_RANGE', detail: `must be at most ${params['limit']}` }),
  enum: ({ params }) => ({ code: 'NOT_ALLOWED', detail: `must be one of ${params['allowedValues'].join(', ')}` }),
};

/** One Ajv error -> one violation; `base` is the pointer to what was validated. A keyword of our own says its words itself. */
export function toViolation(error: ErrorObject, base: string): Violation {
  const told: Told = TELL[error.keyword]?.(error) ?? {
    code: String(error.params['code'] ?? error.keyword.toUpperCase()),
    detail: error.message ?? 'is not valid',
  };
  const pointer = base + error.instancePath;
  return {
    pointer: told.key === undefined ? pointer : below(pointer, told.key),
    code: told.code,
    detail: told.detail,
  };
}

/** The error for a list of violations. `consequence` is a sentence: "Nothing was stored." */
export function invalidInput(violations: readonly Violation[], count: number, consequence: string): ServiceError {
  const rules = count === 1 ? '1 rule is' : `${count} rules are`;
  return new ServiceError('INVALID_INPUT', `${rules} broken. ${consequence}`, { violations, violationCount: count });
}
