import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { toDistribution } from '../../../../app/census/stats/computing/measures.js';
import { computeRows } from '../../../../app/census/stats/computing/stats_rows.js';
import { compileFormula } from '../../../../app/census/stats/formulas/formula_math.js';
import { parseTerms } from '../../../../app/census/stats/formulas/terms.js';
import { projectDir } from '../../../support/folder.js';

/** Four citizens of age 10, two of 20, two of 40. */
const ages = toDistribution(
  new Map([
    [40, 2],
    [10, 4],
    [20, 2],
  ]),
);
const nobody = toDistribution(new Map());

function parse(text: string) {
  const { terms, faults } = parseTerms(text, compileFormula);
  return { terms, faults: faults.map(({ code, detail }) => `${code} ${detail}`) };
}

/** Column -> value, for one group. */
function compute(text: string, group = ages): Record<string, number | null> {
  const { terms, faults } = parse(text);
  assert.deepEqual(faults, []);
  const { columns, rows } = computeRows([{ values: [], ages: group }], { groupBy: [], terms }, compileFormula);
  return Object.fromEntries(columns.map((column, place) => [column, rows[0]?.[place] as number | null]));
}

const understood: [metrics: string, columns: Record<string, number | null>, reason: string][] = [
  ['count', { count: 8 }, 'a measure'],
  [
    'mean(age),min(age),max(age),stddev(age)',
    { mean_age: 20, min_age: 10, max_age: 40, stddev_age: Math.sqrt(150) },
    'measures by their own names',
  ],
  ['p50(age),p99.9(age),p0(age)', { p50_age: 15, 'p99.9_age': 40, p0_age: 10 }, 'percentiles'],
  ['p050.10(age)', { 'p50.1_age': 15.07 }, 'a percent as it is mostly written'],
  ['median = p50(age)', { median: 15 }, 'a measure by another name'],
  [' count , mean( age ) ', { count: 8, mean_age: 20 }, 'blanks'],
  ['q1=p25(age),q3=p75(age),spread=q3-q1', { q1: 10, q3: 25, spread: 15 }, 'columns before it'],
  ['spread=p75(age)-p25(age)', { spread: 15 }, 'measures in a formula'],
  ['mean(age),d=mean_age-p50(age)', { mean_age: 20, d: 5 }, 'a column that got its name by itself'],
  ['share=count/100', { share: 0.08 }, 'count in a formula'],
  ['a=min(mean(age),max(age)/2,12.5)', { a: 12.5 }, 'commas and names of measures in functions'],
  ['x1=1,x2=x1+1,x3=(x2+1)*count', { x1: 1, x2: 2, x3: 24 }, 'one after the other'],
  ['p=p99.9(age)-p1.5(age)', { p: 30 }, 'percents with a point in a formula'],
  ['x=1/(count-8),y=x+1', { x: null, y: null }, 'what has no value, and what is made of it'],
];

const refused: [metrics: string, faults: RegExp[], reason: string][] = [
  ['', [/^NOT_ALLOWED term 1: each must be one of count, mean/], 'nothing'],
  ['count,', [/^NOT_ALLOWED term 2/], 'nothing behind a comma'],
  ['avg(age)', [/^NOT_ALLOWED term 1/], 'no measure'],
  ['mean(town)', [/^NOT_ALLOWED term 1/], 'a measure of something else'],
  ['p75(age)-p25(age)', [/^NOT_ALLOWED term 1: .* name=formula/], 'a formula without a name'],
  ['p101(age)', [/^OUT_OF_RANGE term 1: p101/], 'over 100'],
  ['x=1+p101(age)', [/^OUT_OF_RANGE term 1: p101/], 'over 100 in a formula'],
  ['count,count', [/^NOT_ALLOWED term 2: count must be there once/], 'twice'],
  ['p50(age),p50.0(age)', [/^NOT_ALLOWED term 2: p50_age must be there once/], 'twice, though written otherwise'],
  ['x=1,x=2', [/^NOT_ALLOWED term 2: x must be there once/], 'a name twice'],
  ['=count', [/^WRONG_FORM term 1: a name/], 'no name'],
  ['_x=count', [/^WRONG_FORM term 1: a name/], 'a name of another form'],
  ['__proto__=count', [/^WRONG_FORM term 1: a name/], 'the prototype'],
  [`${'x'.repeat(41)}=count`, [/^WRONG_FORM term 1: a name/], 'a long name'],
  ['town=count', [/^NOT_ALLOWED term 1: town is the name of something else/], 'the name of a group'],
  ['sqrt=count', [/^NOT_ALLOWED term 1: sqrt is the name of something else/], 'the name of a function'],
  ['x=_1+mean(age)', [/^WRONG_FORM term 1: x: names begin with a letter/], 'what stands for a measure'],
  ['y=x,x=1', [/^NOT_A_FORMULA term 1: y names x/], 'a column behind it'],
  ['x=x+1', [/^NOT_A_FORMULA term 1: x names x/], 'itself'],
  ['x=2mean(age)', [/^NOT_A_FORMULA term 1: x/], 'an operator left out'],
  ['x=count count', [/^NOT_A_FORMULA term 1: x leaves out an operator .*%2B/], 'a plus that was not encoded'],
  ['x=y=1', [/^NOT_A_FORMULA term 1/], 'an assignment'],
  [`x=${'1'.repeat(201)}`, [/^TOO_LONG term 1: x/], 'too long'],
  [
    Array.from({ length: 21 }, (_, place) => `x${place}=1`).join(),
    [/^OUT_OF_RANGE must have at most 20 terms/],
    'too many',
  ],
  ['avg(age),x=1,x=2,z=q', [/term 1/, /term 3/, /term 4/], 'each fault is told'],
];

describe('the metrics of a statistic', () => {
  for (const [metrics, columns, reason] of understood) {
    it(`are understood: ${metrics} (${reason})`, () => assert.deepEqual(compute(metrics), columns));
  }

  for (const [metrics, patterns, reason] of refused) {
    it(`are refused: ${metrics.slice(0, 40)} (${reason})`, () => {
      const { faults } = parse(metrics);
      assert.equal(faults.length, patterns.length, faults.join('\n'));
      for (const [place, pattern] of patterns.entries()) assert.match(faults[place] as string, pattern);
    });
  }

  it('are understood as docs/statistics.md has them, with the columns that it names', () => {
    const docs = readFileSync(join(projectDir, 'docs', 'statistics.md'), 'utf8');
    const rows = [...docs.matchAll(/^\| (`[^|]*`) \| (`[^|]*) \|/gm)];
    assert.ok(rows.length >= 7);
    for (const [, terms = '', columns = ''] of rows) {
      const names = (text: string) => [...text.matchAll(/`([^`]*)`/g)].map(([, name]) => name as string);
      const computed = compute(names(terms).join());
      for (const column of names(columns)) assert.ok(column in computed, `${column} of ${terms}`);
    }
  });

  it('of nobody: the count is 0, and nothing else has a value', () => {
    assert.deepEqual(compute('count,mean(age),p50(age),stddev(age),x=max(age)^0,y=count+1', nobody), {
      count: 0,
      mean_age: null,
      p50_age: null,
      stddev_age: null,
      x: null,
      y: 1,
    });
  });
});
