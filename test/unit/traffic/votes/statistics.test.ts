import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { percentileOfSteps } from '../../../../app/traffic/votes/model/statistics.js';

describe('percentiles of times in steps', () => {
  const counts = [
    { step: 8, count: 1 },
    { step: 0, count: 5 },
    { step: 4, count: 4 },
  ];

  it('are the upper bounds of the steps in which they lie', () => {
    assert.equal(percentileOfSteps(counts, 0.5), 1);
    assert.equal(percentileOfSteps(counts, 0.6), 2);
    assert.equal(percentileOfSteps(counts, 0.9), 2);
    assert.equal(percentileOfSteps(counts, 1), 4);
  });

  it('are none without a case', () => {
    assert.equal(percentileOfSteps([], 0.5), null);
    assert.equal(percentileOfSteps([{ step: 3, count: 0 }], 0.5), null);
  });
});
