import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toShifts } from '../../../../app/census/comparison/town_shifts.js';

describe('towns of two imports', () => {
  const before = new Map([
    ['a', 30],
    ['b', 30.1],
    ['gone', 1],
  ]);
  const after = new Map([
    ['new', 99],
    ['b', 20.3],
    ['a', 31],
  ]);

  it('are told by how far they moved; those without a value in one come last', () => {
    assert.deepEqual(toShifts(before, after, null), [
      { town: 'b', before: 30.1, after: 20.3, shift: -9.8 },
      { town: 'a', before: 30, after: 31, shift: 1 },
      { town: 'gone', before: 1, after: null, shift: null },
      { town: 'new', before: null, after: 99, shift: null },
    ]);
  });

  it('have the value of nobody where they are not, if there is one', () => {
    assert.deepEqual(
      toShifts(before, after, 0).map(({ town, shift }) => [town, shift]),
      [
        ['new', 99],
        ['b', -9.8],
        ['a', 1],
        ['gone', -1],
      ],
    );
  });
});
