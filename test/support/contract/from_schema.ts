import fc from 'fast-check';
import { type OpenApi, resolveSchema, type Schema } from './document.js';

const MAX_DEPTH = 5;
const DAY_MS = 86_400_000;
/** Days from 1900 to 2100. */
const anyDay = fc.integer({ min: -25_567, max: 47_482 }).map((day) => new Date(day * DAY_MS).toISOString());
/** Texts that rules about letters, digits and lengths often accept. */
const plainText = fc
  .tuple(fc.constantFrom('Москва', 'Ivanov', 'дом 7', 'Ω'), fc.nat(999))
  .map(([word, number]) => `${word}${number}`);
/** Any text that JSON can express and UTF-8 can encode. */
const anyText = fc.oneof(
  { weight: 3, arbitrary: plainText },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
const anyJson = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>;

const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  date: anyDay.map((iso) => iso.slice(0, 10)),
  'date-time': anyDay,
  uuid: fc.uuid(),
};

function matching(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern, 'u'));
  } catch {
    // fast-check does not support classes such as \p{L}; the texts above match such patterns often enough.
    return anyText.filter((text) => new RegExp(pattern, 'u').test(text));
  }
}

function texts({ pattern, format, minLength = 0, maxLength = Number.MAX_SAFE_INTEGER }: Schema): fc.Arbitrary<string> {
  const any =
    typeof pattern === 'string' ? matching(pattern) : ((FORMATS[String(format)] ?? anyText) as fc.Arbitrary<string>);
  const fits = (text: string) => [...text].length >= Number(minLength) && [...text].length <= Number(maxLength);
  const longest = Number(maxLength) <= 1_000 && pattern === undefined && format === undefined;
  const inBounds = any.filter(fits);
  return longest ? fc.oneof({ weight: 20, arbitrary: inBounds }, fc.constant('я'.repeat(Number(maxLength)))) : inBounds;
}

function integers({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  const min = Number(minimum ?? Number.MIN_SAFE_INTEGER);
  const max = Number(maximum ?? Number.MAX_SAFE_INTEGER);
  const small = fc.integer({ min: Math.max(min, -20), max: Math.min(max, Math.max(min, -20) + 40) });
  return fc.oneof({ weight: 4, arbitrary: small }, fc.integer({ min, max }), fc.constantFrom(min, max));
}

function numbers({ minimum = -1e308, maximum = 1e308 }: Schema): fc.Arbitrary<number> {
  return fc.double({ min: Number(minimum), max: Number(maximum), noNaN: true });
}

/** Arbitraries for values that the document's schemas describe. */
export function createSchemaValues(document: OpenApi): (schema: Schema) => fc.Arbitrary<unknown> {
  function arrays(schema: Schema, depth: number): fc.Arbitrary<unknown> {
    const items = valuesAt((schema['items'] as Schema | undefined) ?? {}, depth + 1);
    const minLength = Number(schema['minItems'] ?? 0);
    const maxLength = Math.min(Number(schema['maxItems'] ?? Number.MAX_SAFE_INTEGER), Math.max(minLength, 4));
    const lengths = { minLength, maxLength };
    return schema['uniqueItems'] === true
      ? fc.uniqueArray(items, { ...lengths, selector: JSON.stringify })
      : fc.array(items, lengths);
  }

  function objects(schema: Schema, depth: number): fc.Arbitrary<unknown> {
    const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
    const required = (schema['required'] ?? []) as string[];
    const kept = properties.filter(
      ([name, { not }]) => not === undefined && (depth < MAX_DEPTH || required.includes(name)),
    );
    const members = Object.fromEntries(kept.map(([name, property]) => [name, valuesAt(property, depth + 1)]));
    const known = fc.record(members, { requiredKeys: required.filter((name) => name in members) });
    const isLargeEnough = (value: object) => Object.keys(value).length >= Number(schema['minProperties'] ?? 0);
    const additional = schema['additionalProperties'];
    if (typeof additional !== 'object' || depth >= MAX_DEPTH) return known.filter(isLargeEnough);
    const others = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), valuesAt(additional as Schema, depth + 1), {
      maxKeys: 3,
    });
    return fc
      .tuple(others, known)
      .map(([more, own]) => ({ ...more, ...own }))
      .filter(isLargeEnough);
  }

  function ofType(type: unknown, schema: Schema, depth: number): fc.Arbitrary<unknown> {
    switch (type) {
      case 'string':
        return texts(schema);
      case 'integer':
        return integers(schema);
      case 'number':
        return numbers(schema);
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'array':
        return arrays(schema, depth);
      case 'object':
        return objects(schema, depth);
      default:
        return schema['properties'] === undefined ? anyJson : objects(schema, depth);
    }
  }

  function valuesAt(given: Schema, depth: number): fc.Arbitrary<unknown> {
    const schema = resolveSchema(document, given);
    if ('const' in schema) return fc.constant(schema['const']);
    if (Array.isArray(schema['enum'])) return fc.constantFrom(...schema['enum']);
    const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
    if (choices !== undefined)
      return fc.oneof(
        ...choices.map((choice) => valuesAt({ ...schema, ...choice, anyOf: undefined, oneOf: undefined }, depth)),
      );
    const parts = schema['allOf'] as Schema[] | undefined;
    if (parts !== undefined) return valuesAt(merged(document, { ...schema, allOf: undefined }, parts), depth);
    const types = ([] as unknown[]).concat(schema['type'] ?? undefined);
    const values = fc.oneof(...types.map((type) => ofType(type, schema, depth)));
    const examples = [
      ...((schema['examples'] ?? []) as unknown[]),
      ...('default' in schema ? [schema['default']] : []),
    ];
    return examples.length === 0 ? values : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...examples) }, values);
  }

  return (schema) => valuesAt(schema, 0);
}

function merged(document: OpenApi, base: Schema, parts: readonly Schema[]): Schema {
  const all = [base, ...parts.map((part) => resolveSchema(document, part))];
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required }) => (required ?? []) as string[]),
  };
}
