import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../../../app/errors.js';
import type { Lease, Step } from '../../../app/executor/runs/repository.js';
import { createSteps } from '../../../app/executor/runs/steps.js';

function stepOf(id: number, seq: number, { lease = 1, changes = 1 } = {}): Step {
  const change = { task: 1, status: 'running' as const, details: { at: seq } };
  return { id, lease, seq, changes: Array.from({ length: changes }, () => change) };
}

/** An engine that answers calls by `answer`: the ids whose lease is lost, or an error. */
function setUp(answer: (steps: readonly Step[], call: number) => number[] | Error = () => []) {
  const calls: string[][] = [];
  const lost: Lease[] = [];
  const leaseOf = new Map<number, number>();
  const steps = createSteps({
    repository: {
      async advance(sent) {
        calls.push(sent.map(({ id, seq }) => `${id}.${seq}`));
        const answered = answer(sent, calls.length);
        if (answered instanceof Error) throw answered;
        return sent.filter(({ id }) => answered.includes(id));
      },
    },
    onLost: (leases) => void lost.push(...leases),
    onFault: () => {},
    isHeld: ({ id, lease }) => (leaseOf.get(id) ?? 1) === lease,
  });
  return { steps, calls, lost, leaseOf };
}

describe('steps of runs', () => {
  it('of one turn are stored with one call, 500 changes at most, and each run stays in order', async () => {
    const { steps, calls } = setUp();
    const sizes = [200, 200, 200, 100];
    const stored = sizes.map((changes, i) => steps.store(stepOf(i % 2, i, { changes })));
    assert.deepEqual(await Promise.all(stored), [true, true, true, true]);
    assert.deepEqual(calls, [
      ['0.0', '1.1'],
      ['0.2', '1.3'],
    ]);
  });

  it('are sent again as they were when the answer was lost', async () => {
    const { steps, calls } = setUp((_, call) => (call === 1 ? new ServiceError('OUTCOME_UNKNOWN', 'lost') : []));
    assert.deepEqual(await Promise.all([steps.store(stepOf(1, 1)), steps.store(stepOf(2, 1))]), [true, true]);
    assert.deepEqual(calls, [
      ['1.1', '2.1'],
      ['1.1', '2.1'],
    ]);
  });

  it('that are refused for good end their own run, and the others are stored', async () => {
    const isBad = (sent: readonly Step[]) => sent.some(({ id }) => id === 2);
    const { steps, lost } = setUp((sent) => (isBad(sent) ? new ServiceError('INTERNAL', 'no') : []));
    const stored = [1, 2, 3].map((id) => steps.store(stepOf(id, 1)));
    assert.deepEqual(await Promise.all(stored), [true, false, true]);
    assert.deepEqual(
      lost.map(({ id }) => id),
      [2],
    );
  });

  it('of a lease that is held no more are not sent', async () => {
    const { steps, calls, leaseOf } = setUp();
    const stored = [steps.store(stepOf(1, 1)), steps.store(stepOf(2, 1))];
    leaseOf.set(1, 2);
    assert.deepEqual(await Promise.all(stored), [false, true]);
    assert.deepEqual(calls, [['2.1']]);
  });

  it('name the lease that was lost, and are waited for until none of a run is left', async () => {
    const { steps, lost } = setUp(() => [1]);
    const stored = steps.store(stepOf(1, 1));
    await steps.drained(1);
    assert.equal(await stored, false);
    assert.deepEqual(
      lost.map(({ id, lease }) => [id, lease]),
      [[1, 1]],
    );
    await steps.drained(1);
  });
});
