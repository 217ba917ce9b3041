import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileFormula } from '../../../../app/census/stats/formulas/formula_math.js';
import { FormulaError } from '../../../../app/census/stats/formulas/formula_rules.js';

const NAMES = new Set(['x', 'y', 'count']);
const VALUES = new Map([
  ['x', 2],
  ['y', 3],
  ['count', 10],
]);

const computed: [formula: string, value: number | null, reason: string][] = [
  ['1 - 2 - 3', -4, 'from the left'],
  ['-x^2', -4, 'a power comes before a sign'],
  ['x^y^x', 512, 'powers from the right'],
  ['1 + x * y', 7, 'products before sums'],
  ['(1 + x) * y', 9, 'parentheses'],
  ['round(y / x + 0.05, 1)', 1.6, 'to places'],
  ['round(x / y)', 1, 'to a whole number'],
  ['floor(-0.5) + ceil(0.5)', 0, 'down and up'],
  ['min(x, y, 1) + max(x, y)', 4, 'of several'],
  ['log(x * 4, x)', 3, 'to a base'],
  ['log(exp(y))', 3, 'natural'],
  ['sqrt(abs(-9))', 3, 'one in another'],
  ['+x', 2, 'a plus sign'],
  ['1 / 0', null, 'nothing is divided by 0'],
  ['0 / 0', null, 'not a number'],
  ['sqrt(-1)', null, 'no complex numbers'],
  ['log(0)', null, 'no end'],
  ['9^9^9', null, 'too large'],
];

const refused: [formula: string, reason: string][] = [
  ['z', 'an unknown name'],
  ['pi', 'a constant of mathjs'],
  ['i', 'the imaginary unit'],
  ['true', 'no number'],
  ['null', 'no number'],
  ['undefined', 'no number'],
  ['NaN', 'no number'],
  ['Infinity', 'not finite'],
  ['1e999', 'not finite'],
  ['"text"', 'a text'],
  ['[1, 2]', 'a matrix'],
  ['x[1]', 'an index'],
  ['{a: 1}', 'an object'],
  ['{a: 1}.a', 'a property'],
  ['x.constructor', 'a property'],
  ['x["constructor"]', 'a property by name'],
  ['abs.constructor("return process")()', 'the constructor of functions'],
  ['sqrt.call(1)', 'a method'],
  ['constructor(1)', 'a property of every object'],
  ['toString()', 'a property of every object'],
  ['hasOwnProperty(1)', 'a property of every object'],
  ['__proto__', 'the prototype'],
  ['a = 1', 'an assignment'],
  ['x = 1', 'an assignment to a column'],
  ['f(a) = a', 'a function defined'],
  ['abs(a) = a', 'a function redefined'],
  ['1; 2', 'two expressions'],
  ['1\n2', 'two lines'],
  ['import(x)', 'a function of mathjs that changes it'],
  ['createUnit(x)', 'the same'],
  ['config(x)', 'the same'],
  ['evaluate(x)', 'a function that evaluates'],
  ['parse(x)', 'the same'],
  ['compile(x)', 'the same'],
  ['simplify(x)', 'the same'],
  ['derivative(x, x)', 'the same'],
  ['typed(x)', 'a function that makes functions'],
  ['map(x, abs)', 'a function that takes functions'],
  ['abs', 'a function as a value'],
  ['min(abs, 1)', 'a function as an argument'],
  ['abs(1)(2)', 'a call of what a call answers'],
  ['(abs)(1)', 'a call of what is in parentheses'],
  ['random()', 'other each time'],
  ['factorial(9)', 'not on the list'],
  ['x!', 'an operator that is not on the list'],
  ["x'", 'the same'],
  ['x mod 2', 'the same'],
  ['x % 2', 'the same'],
  ['x .* y', 'the same'],
  ['x == y', 'the same'],
  ['x < y', 'the same'],
  ['1 < x < 3', 'a chain of comparisons'],
  ['x ? 1 : 2', 'a condition'],
  ['not x', 'the same'],
  ['x and y', 'the same'],
  ['x | 1', 'the same'],
  ['x << 30', 'the same'],
  ['1:10', 'a range'],
  ['5 cm', 'a unit'],
  ['x to y', 'a unit changed'],
  ['2x', 'an operator left out'],
  ['x y', 'the same: what is left of x+y in a URL'],
  ['2 (3)', 'the same'],
  ['min()', 'too few arguments'],
  ['abs(1, 2)', 'too many arguments'],
  ['round(x, y)', 'places that are not written as a number'],
  ['round(x, 16)', 'more places than there are'],
  ['round(x, 0.5)', 'half a place'],
  ['', 'nothing'],
  ['1 +', 'half of something'],
  [')', 'no beginning'],
  [`${'('.repeat(33)}1${')'.repeat(33)}`, 'too deep'],
  [Array.from({ length: 40 }, () => '1').join('+'), 'too much'],
  ['('.repeat(200), 'parentheses without an end'],
];

describe('the fence around formulas', () => {
  for (const [formula, value, reason] of computed) {
    it(`lets ${formula} through, which is ${value}: ${reason}`, () => {
      const found = compileFormula(formula, NAMES).evaluate(VALUES);
      if (value === null || found === null) assert.equal(found, value);
      else assert.ok(Math.abs(found - value) < 1e-12, String(found));
    });
  }

  for (const [formula, reason] of refused) {
    it(`refuses ${JSON.stringify(formula.slice(0, 40))}: ${reason}`, () => {
      assert.throws(() => compileFormula(formula, NAMES), FormulaError);
    });
  }

  it('refuses a column called end, which mathjs keeps for itself', () => {
    assert.throws(() => compileFormula('end * 2', new Set(['end'])), FormulaError);
    assert.equal(compileFormula('ended * 2', new Set(['end', 'ended'])).evaluate(new Map([['ended', 3]])), 6);
  });

  it('has no value where a name has none, even if it does not matter', () => {
    const { evaluate } = compileFormula('x^0', NAMES);
    assert.equal(evaluate(new Map([['x', null]])), null);
    assert.equal(evaluate(new Map()), null);
  });

  it('counts what a row costs', () => {
    assert.equal(compileFormula('x', NAMES).nodeCount, 1);
    assert.equal(compileFormula('min(x, y) + 1', NAMES).nodeCount, 5);
  });
});
