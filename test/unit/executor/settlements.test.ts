import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../../../app/errors.js';
import { createSettlements } from '../../../app/executor/engine/settlements.js';
import type { OutcomeTuple } from '../../../app/work/jobs/procedures.js';

const CAPACITY = { script: 4 };

function finished(id: number, result = 'null'): OutcomeTuple {
  return [id, 1, 'finish', { result }];
}

/** Settlements with an engine that answers each call by `answer`, which may throw. */
function setUp(
  answer: (outcomes: readonly OutcomeTuple[], call: number) => void = () => {},
  held: ReadonlySet<number> = new Set(),
) {
  const calls: (readonly OutcomeTuple[])[] = [];
  const faults: unknown[] = [];
  let taken = 0;
  const settlements = createSettlements({
    repository: {
      async settle(outcomes, capacity) {
        assert.equal(capacity, CAPACITY);
        calls.push(outcomes);
        answer(outcomes, calls.length);
        return { now: 0, jobs: [], lost: [] };
      },
    },
    capacity: () => CAPACITY,
    onTaken: () => void taken++,
    onFault: (reason) => faults.push(reason),
    isHeld: (id) => held.size === 0 || held.has(id),
  });
  const idsOf = () => calls.map((outcomes) => outcomes.map(([id]) => id));
  return { ...settlements, calls, idsOf, faults, takenCount: () => taken };
}

describe('telling the engine how jobs ended', () => {
  it('is one call for all that end in one turn, 50 at most, and each call takes the next jobs', async () => {
    const { settle, idsOf, takenCount } = setUp();
    await Promise.all(Array.from({ length: 120 }, (_, i) => settle(finished(i))));
    assert.deepEqual(
      idsOf().map((ids) => ids.length),
      [50, 50, 20],
    );
    assert.deepEqual(
      idsOf().flat(),
      Array.from({ length: 120 }, (_, i) => i),
    );
    assert.equal(takenCount(), 3);
  });

  it('is split where results are long', async () => {
    const { settle, idsOf } = setUp();
    const long = JSON.stringify('x'.repeat(4 * 1024 * 1024));
    await Promise.all([1, 2, 3, 4, 5].map((id) => settle(finished(id, long))));
    assert.deepEqual(idsOf(), [[1, 2], [3, 4], [5]]);
  });

  it('is repeated while the database is away, in the same order', async () => {
    const { settle, idsOf, faults } = setUp((_, call) => {
      if (call <= 2) throw new ServiceError('DATABASE_AWAY', 'away');
    });
    await Promise.all([settle(finished(1)), settle(finished(2))]);
    assert.deepEqual(idsOf(), [
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    assert.equal(faults.length, 2);
  });

  it('ends for jobs whose lease was lost meanwhile', async () => {
    const { settle, idsOf } = setUp(
      (_, call) => {
        if (call === 1) throw new ServiceError('OUTCOME_UNKNOWN', 'unknown');
      },
      new Set([2]),
    );
    await Promise.all([settle(finished(1)), settle(finished(2))]);
    assert.deepEqual(idsOf(), [[1, 2], [2]]);
  });

  it('finds the one outcome that the engine refuses, and stores a failure in its place', async () => {
    const { settle, calls } = setUp((outcomes) => {
      if (outcomes.some(([id, , kind]) => id === 2 && kind === 'finish')) throw new ServiceError('INTERNAL', 'no');
    });
    await Promise.all([1, 2, 3].map((id) => settle(finished(id))));
    const stored = calls.slice(1).map((outcomes) => outcomes.map(([id, , kind]) => `${id} ${kind}`));
    assert.deepEqual(stored, [['1 finish'], ['2 finish'], ['2 fail'], ['3 finish']]);
    const [[, , , body]] = calls[3] as [OutcomeTuple];
    assert.match(body.errortext ?? '', /could not be stored/);
  });
});
