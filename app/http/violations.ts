import type { ErrorObject } from 'ajv';
import { MAX_VIOLATIONS, ServiceError, type Violation } from '../errors.js';
import { BEYOND_RANGE } from './json/json_numbers.js';

/** Longer keys are not repeated to the client; the pointer then refers to the object that contains them. */
const MAX_KEY_LENGTH = 256;

/** Limit of counting: a body of 34 million empty objects would otherwise keep a thread busy for minutes. */
const MAX_COUNTED = 1_000_000;

/** Collects violations: the first 100 in full, the others as a number. */
export type ViolationList = {
  /**
   *
   * @throws ServiceError INVALID_INPUT when `maxCounted` is reached
   */
  add(violation: Violation): void;
  count(): number;
  first: readonly Violation[];
  consequence: string;
  /** Whether counting stopped at the limit, so that there may be more. */
  isCutShort(): boolean;
};

/** `consequence` is a sentence of the error message: "Nothing was stored." `maxCounted` is the limit of counting. */
export function createViolationList(consequence: string, maxCounted = MAX_COUNTED): ViolationList {
  const first: Violation[] = [];
  let count = 0;
  const list: ViolationList = {
    add(violation) {
      count++;
      if (first.length < MAX_VIOLATIONS) first.push(violation);
      if (count === maxCounted) throw invalidInput(list);
    },
    count: () => count,
    first,
    consequence,
    isCutShort: () => count === maxCounted,
  };
  return list;
}

/** Escapes a key for a JSON Pointer. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Pointer to a member of the object at `pointer`; to the object itself if the key is too long to repeat. */
export function pointerBelow(pointer: string, key: string): string {
  return key.length > MAX_KEY_LENGTH ? pointer : `${pointer}/${escapePointer(key)}`;
}

function counted(characters: number): string {
  return characters === 1 ? '1 character' : `${characters} characters`;
}

type Message = { code: string; detail: string; key?: string };

/** The message for each JSON Schema keyword in use. */
const MESSAGES: Readonly<Record<string, (error: ErrorObject) => Message>> = {
  required: ({ params }) => ({ code: 'REQUIRED', detail: 'is required', key: params['missingProperty'] }),
  additionalProperties: ({ params }) => ({
    code: 'UNKNOWN_FIELD',
    detail: 'is not a known field',
    key: params['additionalProperty'],
  }),
  not: () => ({ code: 'READ_ONLY', detail: 'cannot be changed' }),
  type: ({ params, data }) =>
    data === BEYOND_RANGE
      ? { code: 'OUT_OF_RANGE', detail: 'is beyond all numbers that can be stored' }
      : { code: 'WRONG_TYPE', detail: `must be of type ${[params['type']].flat().join(' or ')}` },
  minProperties: () => ({ code: 'EMPTY', detail: 'must have at least one field' }),
  minLength: ({ params }) => ({ code: 'TOO_SHORT', detail: `must have at least ${counted(params['limit'])}` }),
  maxLength: ({ params }) => ({ code: 'TOO_LONG', detail: `must have at most ${counted(params['limit'])}` }),
  maxItems: ({ params }) => ({ code: 'TOO_LONG', detail: `must have at most ${params['limit']} items` }),
  pattern: ({ params, parentSchema }) => ({
    code: 'WRONG_FORM',
    detail: String(parentSchema?.['x-pattern-words'] ?? `must match ${params['pattern']}`),
  }),
  minimum: ({ params }) => ({ code: 'OUT_OF_RANGE', detail: `must be at least ${params['limit']}` }),
  maximum: ({ params }) => ({ code: 'OUT_OF_RANGE', detail: `must be at most ${params['limit']}` }),
  enum: ({ params }) => ({ code: 'NOT_ALLOWED', detail: `must be one of ${params['allowedValues'].join(', ')}` }),
};

/**
 * Converts an Ajv error to a violation; `base` points to the validated value. Custom keywords carry their own message.
 */
export function toViolation(error: ErrorObject, base: string): Violation {
  const message: Message = MESSAGES[error.keyword]?.(error) ?? {
    code: String(error.params['code'] ?? error.keyword.toUpperCase()),
    detail: error.message ?? 'is not valid',
  };
  const pointer = base + error.instancePath;
  return {
    pointer: message.key === undefined ? pointer : pointerBelow(pointer, message.key),
    code: message.code,
    detail: message.detail,
  };
}

/** The error for a non-empty list. */
export function invalidInput(list: ViolationList): ServiceError {
  const count = list.count();
  const rules = count === 1 ? '1 rule is' : `${list.isCutShort() ? 'At least ' : ''}${count} rules are`;
  return new ServiceError('INVALID_INPUT', `${rules} broken. ${list.consequence}`, {
    violations: list.first,
    violationCount: count,
  });
}
