import { Ajv, type SchemaObject } from 'ajv';
import jsonata from 'jsonata';
import { addTextKeywords } from '../../../http/schema_keywords.js';
import { createViolationList, invalidInput, toViolation, type ViolationList } from '../../../http/violations.js';
import { type Definition, type Field, MAX_DEPTH, MAX_FIELDS } from './definition.js';
import { definitionSchema } from './definition_schema.js';
import { compilePattern } from './patterns.js';

const NOTHING_STORED = 'Nothing was stored.';
const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });
addTextKeywords(ajv);
const isDefinition = ajv.compile<Definition>(definitionSchema as SchemaObject);

/** The types that take an option; those that are missing here take it all. */
const TAKERS: Readonly<Record<string, readonly Field['type'][]>> = {
  pattern: ['str'],
  min_length: ['str'],
  max_length: ['str'],
  ge: ['int', 'float'],
  le: ['int', 'float'],
  enum: ['str', 'int', 'float'],
  fields: ['dict'],
};

function checkEnum(field: Field, pointer: string, list: ViolationList): void {
  const wanted = field.type === 'str' ? 'string' : 'number';
  field.enum?.forEach((value, place) => {
    const fits = typeof value === wanted && (field.type !== 'int' || Number.isInteger(value));
    if (!fits)
      list.add({ pointer: `${pointer}/enum/${place}`, code: 'WRONG_TYPE', detail: `must be of type ${field.type}` });
  });
}

function checkField(field: Field, pointer: string, list: ViolationList): void {
  for (const [option, types] of Object.entries(TAKERS)) {
    if (field[option as keyof Field] === undefined || types.includes(field.type)) continue;
    list.add({ pointer: `${pointer}/${option}`, code: 'NOT_ALLOWED', detail: `is for ${types.join(' and ')} alone` });
  }
  // Ajv leaves it out of what it checks.
  if (field.key === '__proto__')
    list.add({ pointer: `${pointer}/key`, code: 'NOT_ALLOWED', detail: 'cannot be a key' });
  if (field.type === 'dict' && field.fields === undefined) {
    list.add({ pointer: `${pointer}/fields`, code: 'REQUIRED', detail: 'is required' });
  }
  if (field.pattern !== undefined && compilePattern(field.pattern) === undefined) {
    const detail = 'must be a pattern in the syntax of RE2, without back-references and look-around';
    list.add({ pointer: `${pointer}/pattern`, code: 'NOT_A_PATTERN', detail });
  }
  const pairs = [
    ['min_length', 'max_length'],
    ['ge', 'le'],
  ] as const;
  for (const [low, high] of pairs) {
    if ((field[low] ?? Number.NEGATIVE_INFINITY) <= (field[high] ?? Number.POSITIVE_INFINITY)) continue;
    list.add({ pointer: `${pointer}/${high}`, code: 'OUT_OF_RANGE', detail: `must be at least ${low}` });
  }
  checkEnum(field, pointer, list);
}

/** Returns the number of fields on this level and those below. */
function checkFields(fields: readonly Field[], at: { pointer: string; depth: number }, list: ViolationList): number {
  const { pointer, depth } = at;
  const seen = new Set<string>();
  let count = fields.length;
  fields.forEach((field, place) => {
    const own = `${pointer}/${place}`;
    if (seen.has(field.key)) list.add({ pointer: `${own}/key`, code: 'REPEATED_FIELD', detail: 'must be there once' });
    seen.add(field.key);
    checkField(field, own, list);
    if (field.fields === undefined) return;
    if (depth >= MAX_DEPTH) {
      list.add({ pointer: `${own}/fields`, code: 'TOO_COMPLEX', detail: `must be on level ${MAX_DEPTH} or above` });
      return;
    }
    count += checkFields(field.fields, { pointer: `${own}/fields`, depth: depth + 1 }, list);
  });
  return count;
}

function checkExpressions(expressions: Definition['case'], list: ViolationList): void {
  for (const [member, text] of Object.entries(expressions)) {
    try {
      jsonata(text);
    } catch (reason) {
      const { message, position } = reason as { message: string; position?: number };
      const place = position === undefined ? '' : ` at character ${position}`;
      const detail = `is no JSONata expression: ${message}${place}`;
      list.add({ pointer: `/case/${member}`, code: 'NOT_AN_EXPRESSION', detail });
    }
  }
}

/**
 * Checks the definition of a type.
 * @throws ServiceError INVALID_INPUT
 */
export function readDefinition(body: unknown): Definition {
  const list = createViolationList(NOTHING_STORED);
  if (!isDefinition(body)) {
    for (const error of isDefinition.errors ?? []) list.add(toViolation(error, ''));
    throw invalidInput(list);
  }
  const count = checkFields(body.fields, { pointer: '/fields', depth: 1 }, list);
  if (count > MAX_FIELDS) {
    list.add({
      pointer: '/fields',
      code: 'TOO_COMPLEX',
      detail: `must have at most ${MAX_FIELDS} fields on all levels`,
    });
  }
  checkExpressions(body.case, list);
  if (list.count() > 0) throw invalidInput(list);
  return body;
}
