import { CASE_MEMBERS, FIELD_TYPES, MAX_EXPRESSION_LENGTH, MAX_FIELDS, MAX_PATTERN_LENGTH } from './definition.js';

const length = { type: 'integer', minimum: 0, maximum: 65_536 } as const;

const fieldOf = (nested: object) => ({
  type: 'object',
  additionalProperties: false,
  required: ['key', 'type'],
  properties: {
    key: { type: 'string', minLength: 1, maxLength: 64, 'x-well-formed': true },
    type: { type: 'string', enum: FIELD_TYPES },
    required: { type: 'boolean', default: true },
    pattern: {
      type: 'string',
      maxLength: MAX_PATTERN_LENGTH,
      description: 'Of str: for the whole text, in the syntax of RE2.',
    },
    min_length: { ...length, description: 'Of str, in characters.' },
    max_length: length,
    ge: { type: 'number', description: 'Of int and float: the least value.' },
    le: { type: 'number' },
    enum: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: { type: ['string', 'number'] },
      description: 'Of str, int and float: the values that are allowed.',
    },
    fields: {
      type: 'array',
      maxItems: MAX_FIELDS,
      items: nested,
      description: 'Of dict, on 8 levels at most.',
    },
  },
});

const expression = { type: 'string', minLength: 1, maxLength: MAX_EXPRESSION_LENGTH } as const;

const shapeOf = (field: object) => ({
  type: 'object',
  additionalProperties: false,
  required: ['fields', 'case'],
  properties: {
    fields: { type: 'array', maxItems: MAX_FIELDS, items: field },
    case: {
      type: 'object',
      additionalProperties: false,
      required: CASE_MEMBERS,
      properties: Object.fromEntries(CASE_MEMBERS.map((member) => [member, expression])),
      description:
        'A JSONata expression for each member of a case. `timestamp` is ISO 8601 with an offset, or seconds since 1970.',
    },
  },
});

const OWN_FIELD = { $ref: '#/$defs/field' };

/** The body of PUT /cameras/types/{name}. */
export const definitionSchema = { ...shapeOf(OWN_FIELD), $defs: { field: fieldOf(OWN_FIELD) } };

/** The same for OpenAPI, in whose document the reference would lead nowhere. */
export const describedDefinitionSchema = shapeOf(fieldOf({ type: 'object', description: 'A field, as above.' }));
