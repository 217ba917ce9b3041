import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FromSchema } from 'json-schema-to-ts';
import { type DateNumber, hasBirthDateForm, parseBirthDate } from '../../calendar.js';
import { addTextKeywords, customKeyword } from '../../http/schema_keywords.js';
import { CITIZEN_FIELDS } from './model/fields.js';

const MAX_TEXT_LENGTH = 256;
const id = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const anyText = { type: 'string', minLength: 1, maxLength: MAX_TEXT_LENGTH, 'x-well-formed': true } as const;
// The pattern accepts the empty string, which minLength refuses: one fault instead of two.
const place = {
  ...anyText,
  pattern: '^$|[\\p{L}\\p{Nd}]',
  'x-pattern-words': 'must have a letter or a digit',
} as const;

const citizenFields = {
  town: { ...place, description: 'Two towns are the same only when their names are equal, character by character.' },
  street: place,
  building: place,
  apartment: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  name: { ...anyText, description: 'Any text; returned unchanged.' },
  birth_date: {
    type: 'string',
    pattern: '^[0-9]{2}\\.[0-9]{2}\\.[0-9]{4}$',
    'x-pattern-words': 'must have the form DD.MM.YYYY',
    'x-past-date': true,
    description: 'DD.MM.YYYY: an existing date before today in UTC.',
  },
  gender: { type: 'string', enum: ['male', 'female'] },
  relatives: {
    type: 'array',
    items: id,
    description: 'Unique ids of other citizens of the same import. Two-sided: relatives list each other.',
  },
} as const;

export const citizenSchema = {
  type: 'object',
  additionalProperties: false,
  required: CITIZEN_FIELDS,
  properties: { citizen_id: { ...id, description: 'Unique in its import.' }, ...citizenFields },
} as const;

/** A citizen as the API shows it. */
export type Citizen = FromSchema<typeof citizenSchema>;

const anyArray = { type: 'array' } as const;

export const patchSchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: { citizen_id: { not: {}, description: 'Cannot be changed.' }, ...citizenFields },
} as const;

/** The fields that a PATCH may change, in any combination. */
export type CitizenChanges = Partial<Omit<Citizen, 'citizen_id'>>;

type ShapeValidators = {
  /** Return the faults. Birth dates must be before `today`. */
  citizen(value: unknown, today: DateNumber): Iterable<ErrorObject>;
  patch(value: unknown, today: DateNumber): Iterable<ErrorObject>;
};

type Validate = (value: unknown) => readonly ErrorObject[];

/**
 * The faults of the fields, then of the relatives one by one, so that the caller can stop: a body of 100 MB has room for a
 * list of 30 million wrong ones.
 */
function allErrors(value: unknown, ownFields: Validate, relative: Validate): Iterable<ErrorObject> {
  const errors = ownFields(value);
  const relatives = (value as { relatives?: unknown } | null)?.relatives;
  return Array.isArray(relatives) && relatives.length > 0 ? withRelatives(errors, relatives, relative) : errors;
}

function* withRelatives(
  errors: readonly ErrorObject[],
  relatives: readonly unknown[],
  relative: Validate,
): Iterable<ErrorObject> {
  yield* errors;
  for (let position = 0; position < relatives.length; position++) {
    for (const error of relative(relatives[position])) yield { ...error, instancePath: `/relatives/${position}` };
  }
}

/** Compiles the schemas: about 20 ms, once per thread. */
export function createShapeValidators(): ShapeValidators {
  let today: DateNumber = 0;
  // `verbose` adds the schema to each error; it has the message for a pattern.
  const ajv = new Ajv({ allErrors: true, verbose: true });
  addTextKeywords(ajv);
  ajv.addKeyword(
    customKeyword('x-past-date', (text) => {
      // The pattern reports a text of another form.
      if (!hasBirthDateForm(text)) return undefined;
      const date = parseBirthDate(text);
      if (date === undefined) return { code: 'NO_SUCH_DATE', message: 'is not a date that exists' };
      return date < today ? undefined : { code: 'NOT_IN_THE_PAST', message: "must be before today's date in UTC" };
    }),
  );

  const compile = (schema: AnySchemaObject): Validate => {
    const validate: ValidateFunction = ajv.compile(schema);
    return (value) => (validate(value) ? [] : (validate.errors ?? []));
  };
  const citizen = compile({ ...citizenSchema, properties: { ...citizenSchema.properties, relatives: anyArray } });
  const patch = compile({ ...patchSchema, properties: { ...patchSchema.properties, relatives: anyArray } });
  const relative = compile(id);
  return {
    citizen(value, day) {
      today = day;
      return allErrors(value, citizen, relative);
    },
    patch(value, day) {
      today = day;
      return allErrors(value, patch, relative);
    },
  };
}
