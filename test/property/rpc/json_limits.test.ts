import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findUnstorable, MAX_DEPTH } from '../../../app/rpc/json_limits.js';
import { runs } from '../../support/random.js';

/** The positions of all values, each found by following its pointer. */
function* places(
  value: unknown,
  pointer = '',
  depth = 0,
): Generator<{ pointer: string; value: unknown; depth: number }> {
  yield { pointer, value, depth };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    yield* places(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
  }
}

function isWrong({ value, depth }: { value: unknown; depth: number }): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && depth > MAX_DEPTH;
}

const leaf = fc.oneof(
  fc.constantFrom(null, true, '', 'я', 0, -1.5),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const keys = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('a/b', '~', '~1', '__proto__', ''));
const params = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
})).object;

describe('what JSON could not give back', () => {
  it('is found where it is, and nothing where all is well', () => {
    fc.assert(
      fc.property(params, fc.integer({ min: 0, max: MAX_DEPTH + 3 }), (value, levels) => {
        let nested: unknown = value;
        for (let level = 0; level < levels; level++) nested = level % 2 === 0 ? [nested] : { x: nested };
        const given = { nested };
        const wrong = [...places(given)].filter(isWrong).map(({ pointer }) => pointer);
        const found = findUnstorable(given);
        if (found === undefined) assert.deepEqual(wrong, []);
        else assert.ok(wrong.includes(found.pointer), `${found.pointer} of ${wrong}`);
      }),
      runs(100),
    );
  });

  it('is found in a value of any depth without a deep stack', () => {
    const deep = JSON.parse(`${'[{"a":'.repeat(200_000)}1${'}]'.repeat(200_000)}`);
    assert.match(findUnstorable({ deep })?.detail ?? '', /100 levels/);
    assert.equal(findUnstorable(undefined), undefined);
  });
});
