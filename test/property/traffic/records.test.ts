import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Field } from '../../../app/traffic/cameras/shapes/definition.js';
import { createRecordCheck } from '../../../app/traffic/cameras/shapes/record_check.js';
import { runs } from '../../support/random.js';
import { bundledTypes } from '../../support/traffic/bundled_types.js';
import { CAMERUS1_RECORD, CAMERUS2_RECORD, CAMERUS3_RECORD } from '../../support/traffic/records.js';

/** The rules of a field by the words of the specification; patterns by JavaScript's own engine. */
function fits(field: Field, value: unknown): boolean {
  switch (field.type) {
    case 'str':
    case 'uuid':
    case 'datetime':
      return typeof value === 'string' && fitsText(field, value);
    case 'int':
    case 'float':
      return (
        typeof value === 'number' && (field.type === 'float' || Number.isInteger(value)) && fitsNumber(field, value)
      );
    case 'bool':
      return value === true || value === false;
    case 'dict':
      return fitsAll(field.fields ?? [], value);
  }
}

function fitsText({ type, pattern, min_length: min, max_length: max, enum: words }: Field, text: string): boolean {
  if (type === 'uuid') return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
  if (type === 'datetime') return /[+-]\d\d:\d\d$|Z$/.test(text) && Number.isFinite(Date.parse(text));
  const length = [...text].length;
  return (
    length >= (min ?? 0) &&
    length <= (max ?? Number.POSITIVE_INFINITY) &&
    (pattern === undefined || new RegExp(`^(?:${pattern})$`, 'u').test(text)) &&
    (words === undefined || words.includes(text))
  );
}

function fitsNumber({ ge, le, enum: values }: Field, number: number): boolean {
  const isIn = number >= (ge ?? Number.NEGATIVE_INFINITY) && number <= (le ?? Number.POSITIVE_INFINITY);
  return isIn && (values === undefined || values.includes(number));
}

function fitsAll(fields: readonly Field[], value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return fields.every((field) =>
    Object.hasOwn(value, field.key)
      ? fits(field, (value as Record<string, unknown>)[field.key])
      : field.required === false,
  );
}

const key = fc.constantFrom('a', 'b', 'c', 'constructor', 'a/b', 'я');
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '1', '😀', 'я', ' '), maxLength: 6 }),
  fc.uuid(),
  fc.constantFrom('2024-02-29T00:00:00Z', '2024-01-01T00:00:00+03:00', '2024-01-01T00:00:00', '2023-02-29', '', 'ABC'),
);
const number = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.constantFrom(0.5, 1e9, -0, 5.0));
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.constant([]));

const bounds = fc.record({ low: fc.nat(4), more: fc.nat(4) });
const anyField: fc.Arbitrary<Field> = fc.letrec<{ field: Field }>((tie) => ({
  field: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      key,
      type: fc.constantFrom('uuid', 'datetime', 'bool', 'str', 'int', 'float'),
      required: fc.boolean(),
    }) as fc.Arbitrary<Field>,
    fc.tuple(key, bounds, fc.constantFrom(undefined, '[a-z]+', 'a|1*', '.{2}')).map(
      ([name, { low, more }, pattern]): Field => ({
        key: name,
        type: 'str',
        min_length: low,
        max_length: low + more,
        ...(pattern !== undefined && { pattern }),
      }),
    ),
    fc.tuple(key, bounds, fc.constantFrom('int', 'float')).map(
      ([name, { low, more }, type]): Field => ({
        key: name,
        type: type as 'int' | 'float',
        ge: low - 3,
        le: low - 3 + more,
      }),
    ),
    fc
      .tuple(key, fc.uniqueArray(text, { minLength: 1, maxLength: 3 }))
      .map(([name, words]): Field => ({ key: name, type: 'str', enum: words })),
    fc
      .tuple(key, fc.boolean(), fc.uniqueArray(tie('field'), { maxLength: 3, selector: (each) => each.key }))
      .map(([name, required, fields]): Field => ({ key: name, type: 'dict', required, fields })),
  ),
})).field;
const anyFields = fc.uniqueArray(anyField, { maxLength: 4, selector: (field) => field.key });

/** A value that often fits the fields. */
function valuesOf(fields: readonly Field[]): fc.Arbitrary<unknown> {
  const members = fields.map((field) =>
    fc.oneof(
      { weight: 6, arbitrary: field.type === 'dict' ? valuesOf(field.fields ?? []) : scalar },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
  );
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc.tuple(...members).map((values) => fromPairs(fields.map((field, i) => [field.key, values[i]]))),
    },
    { weight: 1, arbitrary: scalar },
  );
}

function fromPairs(pairs: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

const SAMPLES = { camerus1: CAMERUS1_RECORD, camerus2: CAMERUS2_RECORD, camerus3: CAMERUS3_RECORD } as const;

describe('records', () => {
  it('of any shape are taken exactly by its rules', () => {
    const shaped = anyFields.chain((fields) => fc.tuple(fc.constant(fields), valuesOf(fields)));
    fc.assert(
      fc.property(shaped, ([fields, record]) => {
        const violations = createRecordCheck(fields)(record);
        assert.equal(violations.length === 0, fitsAll(fields, record), JSON.stringify(violations));
      }),
      runs(1_000, 20_000),
    );
  });

  for (const [name, definition] of bundledTypes()) {
    const check = createRecordCheck(definition.fields);
    const sample = SAMPLES[name as keyof typeof SAMPLES];

    it(`of ${name} are taken exactly by its rules when parts of them are changed`, () => {
      const paths = pathsOf(sample);
      const change = fc.tuple(fc.constantFrom(...paths), fc.oneof(scalar, fc.constant(undefined)));
      fc.assert(
        fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
          let record: unknown = sample;
          for (const [path, value] of changes) record = changed(record, path, value);
          const violations = check(record);
          assert.equal(violations.length === 0, fitsAll(definition.fields, record), JSON.stringify(violations));
        }),
        runs(1_000, 20_000),
      );
    });

    it(`of ${name} do not fit another type`, () => {
      for (const [other, value] of Object.entries(SAMPLES)) assert.equal(check(value).length === 0, other === name);
    });
  }
});

/** The paths of all members, those of dicts too. */
function pathsOf(value: object): string[][] {
  return Object.entries(value).flatMap(([name, member]) => [
    [name],
    ...(typeof member === 'object' ? pathsOf(member).map((path) => [name, ...path]) : []),
  ]);
}

function changed(record: unknown, [first = '', ...rest]: readonly string[], value: unknown): unknown {
  if (typeof record !== 'object' || record === null) return record;
  const { [first]: old, ...others } = record as Record<string, unknown>;
  const next = rest.length === 0 ? value : changed(old, rest, value);
  return next === undefined ? others : { ...others, [first]: next };
}
