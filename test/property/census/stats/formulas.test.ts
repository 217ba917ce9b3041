import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileFormula } from '../../../../app/census/stats/formulas/formula_math.js';
import { FormulaError } from '../../../../app/census/stats/formulas/formula_rules.js';
import { runs } from '../../../support/random.js';

type Values = Readonly<Record<string, number>>;

/** A formula as text, and its value computed by the plainest method. */
type Model = { text: string; size: number; compute(values: Values): number };

const NAMES = ['x', 'y', 'long_name2'];

const anyLeaf: fc.Arbitrary<Model> = fc.oneof(
  fc.constantFrom(...NAMES).map((name) => ({
    text: name,
    size: 1,
    compute: (values: Values) => values[name] as number,
  })),
  fc.oneof(fc.nat(1000), fc.double({ min: 0, max: 1e6, noNaN: true })).map((value) => ({
    text: String(value),
    size: 1,
    compute: () => value,
  })),
);

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
};
const CALLS: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
};
const LISTS = { min: Math.min, max: Math.max };

const { formula: anyFormula } = fc.letrec<{ formula: Model }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 5 },
    anyLeaf,
    fc.tuple(fc.constantFrom(...Object.keys(BINARY)), tie('formula'), tie('formula')).map(([sign, a, b]) => ({
      text: `(${a.text}) ${sign} (${b.text})`,
      size: a.size + b.size + 3,
      compute: (values: Values) =>
        (BINARY[sign] as (a: number, b: number) => number)(a.compute(values), b.compute(values)),
    })),
    tie('formula').map((a) => ({
      text: `-(${a.text})`,
      size: a.size + 2,
      compute: (values: Values) => -a.compute(values),
    })),
    fc.tuple(fc.constantFrom(...Object.keys(CALLS)), tie('formula')).map(([name, a]) => ({
      text: `${name}(${a.text})`,
      size: a.size + 1,
      compute: (values: Values) => (CALLS[name] as (value: number) => number)(a.compute(values)),
    })),
    fc
      .tuple(fc.constantFrom('min', 'max'), fc.array(tie('formula'), { minLength: 1, maxLength: 4 }))
      .map(([name, all]) => ({
        text: `${name}(${all.map(({ text }) => text).join(', ')})`,
        size: 1 + all.reduce((sum, { size }) => sum + size, 0),
        compute: (values: Values) => LISTS[name as keyof typeof LISTS](...all.map(({ compute }) => compute(values))),
      })),
  ),
})) as { formula: fc.Arbitrary<Model> };

const anyValues = fc.record(
  Object.fromEntries(NAMES.map((name) => [name, fc.oneof(fc.nat(100), fc.double({ noNaN: true }))])),
) as fc.Arbitrary<Record<string, number>>;

/** Characters and words that mathjs knows, and others that formulas must not contain. */
const PIECES = [
  ...[
    'x',
    'y',
    '1',
    '0.5',
    '2e3',
    '(',
    ')',
    '+',
    '-',
    '*',
    '/',
    '^',
    ',',
    ' ',
    '.',
    '[',
    ']',
    '{',
    '}',
    ':',
    ';',
    '=',
    '==',
  ],
  ...[
    '!',
    "'",
    '"',
    '%',
    '<',
    '>',
    '?',
    '&',
    '|',
    '~',
    '\n',
    '#',
    '\\',
    'abs',
    'min',
    'sqrt',
    'round',
    'import',
    'parse',
  ],
  ...[
    'constructor',
    '__proto__',
    'prototype',
    'evaluate',
    'end',
    'to',
    'in',
    'mod',
    'not',
    'true',
    'null',
    'ans',
    'f(x)=',
  ],
];

describe('a formula', () => {
  it('is what a plain evaluator makes of it', () => {
    let finite = 0;
    fc.assert(
      fc.property(
        anyFormula.filter(({ size }) => size <= 64),
        anyValues,
        ({ text, compute }, values) => {
          let formula: ReturnType<typeof compileFormula>;
          try {
            formula = compileFormula(text, new Set(NAMES));
          } catch (reason) {
            // Deeper than allowed: parentheses count as a level.
            assert.match(String(reason), /deep/);
            return;
          }
          const expected = compute(values);
          const found = formula.evaluate(new Map(Object.entries(values)));
          if (!Number.isFinite(expected)) return assert.equal(found, null, text);
          finite++;
          assert.ok(found !== null && Math.abs(found - expected) <= 1e-9 * Math.abs(expected), `${text}: ${found}`);
        },
      ),
      runs(1000),
    );
    assert.ok(finite > 200);
  });

  it('is refused or a number, whatever is written, and nothing else comes of it', () => {
    const names = Object.getOwnPropertyNames(Object.prototype).sort();
    const globals = Object.getOwnPropertyNames(globalThis).sort();
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }), (pieces) => {
        try {
          const { evaluate } = compileFormula(pieces.join(''), new Set(['x', 'y']));
          const found = evaluate(
            new Map([
              ['x', 2],
              ['y', 3],
            ]),
          );
          assert.ok(found === null || typeof found === 'number', pieces.join(''));
        } catch (reason) {
          assert.ok(reason instanceof FormulaError, `${pieces.join('')}: ${reason}`);
        }
      }),
      runs(3000),
    );
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), names);
    assert.deepEqual(Object.getOwnPropertyNames(globalThis).sort(), globals);
    assert.equal(compileFormula('abs(-x) + min(x, 1)', new Set(['x'])).evaluate(new Map([['x', 2]])), 3);
  });
});
