import fc from 'fast-check';

/** A change somewhere within a JSON value. */
export type JsonDamage = (value: unknown) => unknown;

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 1,
  '',
  '0',
  ' ',
  '\u0000',
  '\ud800',
  'я'.repeat(300),
  'x'.repeat(70_000),
  [],
  {},
  [[[[]]]],
  Array.from({ length: 3_000 }, (_, place) => place),
  JSON.parse('{"__proto__":{"town":"x"},"constructor":{"prototype":1}}'),
  nested(3_000),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** `steps` select a member on each level; `change` gets the last one reached. */
function changeAt(value: unknown, steps: readonly number[], change: JsonDamage): unknown {
  const [step, ...rest] = steps;
  const keys = isContainer(value) ? Object.keys(value) : [];
  if (step === undefined || keys.length === 0) return change(value);
  const key = keys[step % keys.length] as string;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = changeAt(copy[key], rest, change);
  return copy;
}

const withoutMember =
  (pick: number): JsonDamage =>
  (value) => {
    if (Array.isArray(value)) return value.slice(1);
    if (!isContainer(value)) return null;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.filter((_, place) => place !== pick % Math.max(1, entries.length)));
  };

const withMember =
  (name: string): JsonDamage =>
  (value) => {
    if (Array.isArray(value)) return [...value, value[0] ?? name];
    return isContainer(value) ? { ...value, [name]: 1 } : [value];
  };

/** Damages a value somewhere: wrong types, missing, extra and duplicate members, huge and unusual values. */
export const jsonDamage: fc.Arbitrary<JsonDamage> = fc
  .tuple(
    fc.array(fc.nat(), { maxLength: 5 }),
    fc.oneof(
      fc.constantFrom(...ODD_VALUES).map(
        (odd): JsonDamage =>
          () =>
            odd,
      ),
      fc.nat().map(withoutMember),
      fc.constantFrom('extra', 'toString', '', 'a/b~c').map(withMember),
    ),
  )
  .map(
    ([steps, change]) =>
      (value) =>
        changeAt(value, steps, change),
  );
