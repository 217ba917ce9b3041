import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLeases } from '../../../app/executor/engine/leases.js';
import { until } from '../../support/until.js';

type Answer = { lost?: number[]; cancelled?: number[] };

/** Leases of jobs, and an engine that answers renewals by `answer`: undefined is no answer at all. */
function setUp(answer: (call: number) => Answer | Error | undefined) {
  const held = new Map([1, 2].map((id) => [id, { id, lease: 1 }]));
  const renewals: number[][] = [];
  const told: (number | undefined)[] = [];
  const lost: number[] = [];
  const lostLeases: number[] = [];
  const cancelled: number[] = [];
  const faults: unknown[] = [];
  let silentAt: number | undefined;
  const leases = createLeases({
    repository: {
      async renew(holdings) {
        renewals.push(holdings.map(({ id }) => id));
        const answered = answer(renewals.length);
        if (answered instanceof Error) throw answered;
        if (answered === undefined) return new Promise(() => {});
        return { now: 0, lost: answered.lost ?? [], cancelled: answered.cancelled ?? [] };
      },
    },
    holdings: () => [...held.values()],
    onRenewed: (patienceMs) => void told.push(patienceMs),
    onLost: (leases) => {
      for (const { id } of leases) held.delete(id);
      lost.push(...leases.map(({ id }) => id));
      lostLeases.push(...leases.map(({ lease }) => lease));
    },
    onCancelled: (ids) => void cancelled.push(...ids),
    onSilence: () => {
      silentAt = performance.now();
      held.clear();
    },
    onFault: (reason) => void faults.push(reason),
  });
  return { leases, held, renewals, told, lost, lostLeases, cancelled, faults, silentAt: () => silentAt };
}

const PATIENCE_MS = 60_000;

describe('leases of an executor', { concurrency: true }, () => {
  it('are renewed while jobs are held, all in one call, and not afterwards', async () => {
    const { leases, held, renewals, told } = setUp(() => ({}));
    leases.wake();
    leases.wake();
    await until('two renewals', () => renewals.length === 2, PATIENCE_MS);
    assert.deepEqual(renewals, [
      [1, 2],
      [1, 2],
    ]);
    held.clear();
    await until('rest', () => told.at(-1) === undefined, PATIENCE_MS);
    assert.equal(renewals.length, 2);
    // The guard was told each time how long it must wait before it kills what runs.
    for (const patienceMs of told.slice(0, -1))
      assert.ok((patienceMs as number) > 0 && (patienceMs as number) <= 8_000);
  });

  it('tell which jobs are lost, and which are to end', async () => {
    const { leases, lost, cancelled, renewals } = setUp((call) => (call === 1 ? { lost: [1], cancelled: [2] } : {}));
    leases.wake();
    await until('the second renewal', () => renewals.length === 2, PATIENCE_MS);
    assert.deepEqual([lost, cancelled, renewals[1]], [[1], [2], [2]]);
    leases.stop();
  });

  it('name the lease that was renewed, not one under which the job is held by the time of the answer', async () => {
    const { leases, held, lostLeases } = setUp((call) => {
      if (call > 1) return {};
      held.set(1, { id: 1, lease: 2 });
      return { lost: [1] };
    });
    leases.wake();
    await until('the answer', () => lostLeases.length > 0, PATIENCE_MS);
    assert.deepEqual(lostLeases, [1]);
    leases.stop();
  });

  it('are all lost after eight seconds without an answer, whether calls fail or hang, and not before', async () => {
    for (const answer of [() => new Error('away'), () => undefined]) {
      const { leases, silentAt, told, renewals } = setUp(answer);
      const startedAt = performance.now();
      leases.wake();
      const at = await until('silence', silentAt, PATIENCE_MS);
      // A take counts as a renewal that was a second old.
      assert.ok(at - startedAt >= 6_900, String(at - startedAt));
      assert.ok(renewals.length >= 2);
      assert.equal(told.at(-1), undefined, 'the guard may rest: nothing runs');
    }
  });

  it('are stopped with the executor', async () => {
    const { leases, told, renewals } = setUp(() => ({}));
    leases.wake();
    leases.stop();
    leases.wake();
    assert.equal(told.at(-1), undefined);
    assert.deepEqual(renewals, []);
  });
});
