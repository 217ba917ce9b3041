import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { quantileSeq } from 'mathjs';
import { percentile as percentileBetween, roundTo2Places } from '../../../../app/census/stats/model/percentiles.js';
import { runs } from '../../../support/random.js';

/** A number of citizens of one age. */
type AgeCount = { age: number; citizens: number };

/** All ages individually, in ascending order. */
function expand(counts: readonly AgeCount[]): number[] {
  return counts.flatMap(({ age, citizens }) => Array.from({ length: citizens }, () => age));
}

/** Looks up the two ages as the database does. */
function percentile(counts: readonly AgeCount[], percent: number): number {
  const ages = expand(counts);
  const place = Math.floor((percent / 100) * (ages.length - 1));
  const next = Math.min(place + 1, ages.length - 1);
  return percentileBetween(ages.length, percent, ages[place] as number, ages[next] as number);
}

/** Individual ages, unordered -> counts in order of age. */
function count(ages: readonly number[]): AgeCount[] {
  const citizensOf = new Map<number, number>();
  for (const age of ages) citizensOf.set(age, (citizensOf.get(age) ?? 0) + 1);
  return [...citizensOf].map(([age, citizens]) => ({ age, citizens })).sort((a, b) => a.age - b.age);
}

/** A literal translation of numpy's _quantile with method 'linear', and its _lerp. */
function numpyPercentile(sorted: readonly number[], percent: number): number {
  const quantile = percent / 100;
  const virtualIndex = (sorted.length - 1) * quantile;
  const previous = Math.floor(virtualIndex);
  const next = Math.min(previous + 1, sorted.length - 1);
  const gamma = virtualIndex - previous;
  const a = sorted[previous] as number;
  const b = sorted[next] as number;
  const difference = b - a;
  let lerp = a + difference * gamma;
  if (gamma >= 0.5) lerp = b - difference * (1 - gamma);
  return lerp;
}

/** numpy.around(value, 2): multiply, rint, divide; rint is written out case by case. */
function numpyAround(value: number): number {
  const scaled = value * 100;
  const below = Math.floor(scaled);
  const above = below + 1;
  if (scaled - below < above - scaled) return below / 100;
  if (scaled - below > above - scaled) return above / 100;
  return (below % 2 === 0 ? below : above) / 100;
}

const anyCounts = fc
  .array(fc.record({ age: fc.nat(2025), citizens: fc.integer({ min: 1, max: 40 }) }), { minLength: 1, maxLength: 60 })
  .map((counts) => count(expand(counts)));
const anyPercent = fc.oneof(fc.constantFrom(0, 50, 75, 99, 100), fc.double({ min: 0, max: 100, noNaN: true }));

describe('a percentile', () => {
  it('is the one of numpy to the last bit', () => {
    fc.assert(
      fc.property(anyCounts, anyPercent, (counts, percent) => {
        assert.equal(percentile(counts, percent), numpyPercentile(expand(counts), percent));
      }),
      runs(1000),
    );
  });

  it('is the one of an independent library within 1e-9', () => {
    fc.assert(
      fc.property(anyCounts, fc.constantFrom(50, 75, 99), (counts, percent) => {
        const expected = Number(quantileSeq(expand(counts), percent / 100));
        assert.ok(Math.abs(percentile(counts, percent) - expected) < 1e-9);
      }),
      runs(200),
    );
  });

  it('lies between the least and the greatest age, and grows with the percent', () => {
    fc.assert(
      fc.property(anyCounts, (counts) => {
        const found = [0, 25, 50, 75, 99, 100].map((percent) => percentile(counts, percent));
        assert.deepEqual(
          found.toSorted((a, b) => a - b),
          found,
        );
        assert.equal(found[0], counts[0]?.age);
        assert.equal(found.at(-1), counts.at(-1)?.age);
      }),
      runs(200),
    );
  });

  const known: [ages: number[], p50: number, p75: number, p99: number, reason: string][] = [
    [[10, 60], 35, 47.5, 59.5, 'the example of the specification'],
    [[33], 33, 33, 33, 'one citizen'],
    [[0], 0, 0, 0, 'a child of its first year'],
    [[20, 20, 20], 20, 20, 20, 'all of one age'],
    [[1, 2, 3, 4], 2.5, 3.25, 3.97, 'between two ages'],
    [[1, 2, 3, 4, 5], 3, 4, 4.96, 'on an age'],
    [Array.from({ length: 101 }, (_, age) => age), 50, 75, 99, 'a hundred and one of them'],
  ];
  for (const [ages, p50, p75, p99, reason] of known) {
    const shown = ages.length > 9 ? `${ages.length} ages` : ages.join(', ');
    it(`of ${shown} is ${p50}, ${p75} and ${p99}: ${reason}`, () => {
      const found = [50, 75, 99].map((percent) => roundTo2Places(percentile(count(ages), percent)));
      assert.deepEqual(found, [p50, p75, p99]);
    });
  }
});

describe('rounding to two places', () => {
  it('is half to even on a hundred times the value', () => {
    // Eighths produce halves of a hundredth: 0.125 * 100 = 12.5.
    fc.assert(
      fc.property(fc.nat(2025 * 8), (eighths) => {
        assert.equal(roundTo2Places(eighths / 8), numpyAround(eighths / 8));
      }),
      runs(1000),
    );
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2025, noNaN: true }), (value) => {
        assert.equal(roundTo2Places(value), numpyAround(value));
      }),
      runs(1000),
    );
  });

  const table: [value: number, rounded: number, reason: string][] = [
    [0.125, 0.12, 'half goes down to the even one'],
    [0.375, 0.38, 'half goes up to the even one'],
    [0.005, 0, '0.5 is half: to 0'],
    [0.015, 0.02, '1.5 is half: to 2'],
    [1.005, 1, '100.49999999999999 in float64'],
    [2.675, 2.68, '267.5 in float64, though 2.675 itself is a little less'],
    [47.5, 47.5, 'nothing to round'],
    [59.49999999999999, 59.5, 'the noise of interpolation goes'],
  ];
  for (const [value, rounded, reason] of table) {
    it(`makes ${rounded} of ${value}: ${reason}`, () => assert.equal(roundTo2Places(value), rounded));
  }
});
