import {
  Ajv,
  type ErrorObject,
  type FuncKeywordDefinition,
  type Options,
  type SchemaObject,
  type ValidateFunction,
} from 'ajv';
import { MAX_VIOLATIONS, type Violation } from '../../../errors.js';
import { customKeyword } from '../../../http/schema_keywords.js';
import { toViolation } from '../../../http/violations.js';
import { parseMoment } from '../model/moments.js';
import { isUuid } from '../model/uuid.js';
import type { Field } from './definition.js';
import { compilePattern, MAX_MATCHED_LENGTH } from './patterns.js';

/** The rules that a record breaks, at most MAX_VIOLATIONS; empty for a record of this shape. */
export type RecordCheck = (record: unknown) => readonly Violation[];

const uuidKeyword = customKeyword('x-uuid', (text) =>
  isUuid(text) ? undefined : { code: 'WRONG_FORM', message: 'must be a UUID' },
);

const momentKeyword = customKeyword('x-moment', (text) =>
  parseMoment(text) === undefined
    ? { code: 'WRONG_FORM', message: 'must be a date and time in ISO 8601 with an offset from UTC' }
    : undefined,
);

/** `x-re2`: a pattern for the whole text. */
const patternKeyword: FuncKeywordDefinition = {
  keyword: 'x-re2',
  type: 'string',
  schemaType: 'string',
  errors: true,
  compile(source: string) {
    const matches = compilePattern(source);
    const check: { (text: string): boolean; errors?: Partial<ErrorObject>[] } = (text) => {
      const isTooLong = text.length > MAX_MATCHED_LENGTH;
      if (!isTooLong && matches?.(text)) return true;
      const fault = isTooLong
        ? { code: 'TOO_LONG', message: `must have at most ${MAX_MATCHED_LENGTH} characters` }
        : { code: 'WRONG_FORM', message: `must match ${source}` };
      check.errors = [{ keyword: 'x-re2', message: fault.message, params: { code: fault.code } }];
      return false;
    };
    return check as (text: string) => boolean;
  },
};

const JSON_TYPES = {
  str: { type: 'string' },
  int: { type: 'integer' },
  float: { type: 'number' },
  bool: { type: 'boolean' },
  uuid: { type: 'string', 'x-uuid': true },
  datetime: { type: 'string', 'x-moment': true },
  dict: { type: 'object' },
} as const;

/** Keywords of JSON Schema by the options of a field that they stand for. */
const KEYWORDS = {
  pattern: 'x-re2',
  min_length: 'minLength',
  max_length: 'maxLength',
  ge: 'minimum',
  le: 'maximum',
  enum: 'enum',
} as const;

function fieldSchema(field: Field): SchemaObject {
  const options = Object.entries(KEYWORDS).flatMap(([option, keyword]) => {
    const value = field[option as keyof typeof KEYWORDS];
    return value === undefined ? [] : [[keyword, value] as const];
  });
  return {
    ...JSON_TYPES[field.type],
    ...Object.fromEntries(options),
    ...(field.fields && objectSchema(field.fields)),
  };
}

function objectSchema(fields: readonly Field[]): SchemaObject {
  return {
    type: 'object',
    required: fields.filter(({ required = true }) => required).map(({ key }) => key),
    properties: Object.fromEntries(fields.map((field) => [field.key, fieldSchema(field)])),
  };
}

const AJV_OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  strict: false,
  ownProperties: true,
  // Both double the time that compiling takes; the schema is made here.
  validateSchema: false,
  code: { optimize: false },
};

/**
 * Compiles the fields of a type. The validator has an Ajv of its own, which would keep it otherwise as long as the
 * process lives.
 */
export function createRecordCheck(fields: readonly Field[]): RecordCheck {
  const ajv = new Ajv(AJV_OPTIONS);
  for (const keyword of [uuidKeyword, momentKeyword, patternKeyword]) ajv.addKeyword(keyword);
  const validate: ValidateFunction = ajv.compile(objectSchema(fields));
  return (record) => {
    if (validate(record)) return [];
    return (validate.errors ?? []).slice(0, MAX_VIOLATIONS).map((error) => toViolation(error, ''));
  };
}
