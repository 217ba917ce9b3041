import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { compilePlain } from '../../../app/traffic/cameras/expressions/plain_expressions.js';
import { CASE_MEMBERS, type Definition } from '../../../app/traffic/cameras/shapes/definition.js';
import { runs } from '../../support/random.js';
import { bundledTypes } from '../../support/traffic/bundled_types.js';
import { CAMERUS1_RECORD, CAMERUS3_RECORD } from '../../support/traffic/records.js';

const name = fc.constantFrom('a', 'b', 'c', '`d e`', 'constructor', '`__proto__`');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('.'));
const number = fc.integer({ min: -2, max: 5 }).map(String);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    path,
    fc.constantFrom(
      "'x'",
      '""',
      '7',
      '"😀я"',
      'true',
      'null',
      'a[0]',
      'a.*',
      '$',
      'a.(b)',
      'b ? a : c',
      '$uppercase(a)',
      'a.b[]',
    ),
    fc.tuple(tie('expression'), tie('expression')).map(([left, right]) => `(${left}) & ${right}`),
    fc.tuple(tie('expression'), tie('expression')).map(([left, right]) => `${left} & ${right}`),
    fc.tuple(tie('expression'), number).map(([text, start]) => `$substring(${text}, ${start})`),
    fc
      .tuple(tie('expression'), number, number)
      .map(([text, start, length]) => `$substring(${text}, ${start}, ${length})`),
  ),
}));
const key = fc.constantFrom('a', 'b', 'c', 'd e', 'constructor', '__proto__');
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('', 'text', '😀яx', 1, 2.5, true, null),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(tie('value'), { maxLength: 2 }),
  ),
}));

function definitionOf(text: string): Definition['case'] {
  return Object.fromEntries(CASE_MEMBERS.map((member) => [member, text])) as Definition['case'];
}

describe('plain expressions', () => {
  it('give what JSONata gives, or leave it to JSONata', async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(expression, value, async (text, record) => {
        const made = compilePlain(definitionOf(text))?.(record);
        if (made === undefined) return;
        plain++;
        assert.deepEqual(made.transport, await jsonata(text).evaluate(record));
      }),
      runs(1_000, 20_000),
    );
    assert.ok(plain > 100, `${plain} were plain`);
  });

  it('are those of two of the types that are there from the start', () => {
    const types = bundledTypes();
    const of = (type: string, record: object) => compilePlain(types.get(type)?.case as Definition['case'])?.(record);
    assert.equal(of('camerus1', CAMERUS1_RECORD)?.transport, '1ABC2377');
    assert.equal(of('camerus3', CAMERUS3_RECORD)?.timestamp, 1_704_067_200);
    assert.equal(compilePlain(types.get('camerus2')?.case as Definition['case']), undefined);
  });
});
