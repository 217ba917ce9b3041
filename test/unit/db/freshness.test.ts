import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFreshness, type Freshness } from '../../../app/db/freshness.js';

/** Readings of the primary at 100, 200 and 300 ms: instance 1 has written 10, 20 and 30 times. */
function afterThree(): Freshness {
  const freshness = createFreshness();
  freshness.primaryAt([1, 10], 100);
  freshness.primaryAt([1, 20], 200);
  freshness.primaryAt([1, 30], 300);
  return freshness;
}

describe('how old the data of a replica are at most', () => {
  it('is not known before it has come as far as the primary was once', () => {
    const freshness = afterThree();
    assert.equal(freshness.stalenessMs(400), undefined);
    freshness.replicaAt([1, 9]);
    assert.equal(freshness.stalenessMs(400), undefined);
  });

  const positions: [position: number[], stalenessMs: number, reason: string][] = [
    [[1, 10], 900, 'as far as the first time'],
    [[1, 19], 900, 'not quite as far as the second'],
    [[1, 20], 800, 'as far as the second'],
    [[1, 35], 700, 'further than ever seen: the primary may have written since'],
    [[1, 30, 2, 7], 700, 'with writes of another instance'],
    [[2, 7, 1, 30], 700, 'in another order'],
  ];
  for (const [position, stalenessMs, reason] of positions) {
    it(`at ${position}: ${reason}`, () => {
      const freshness = afterThree();
      freshness.replicaAt(position);
      assert.equal(freshness.stalenessMs(1_000), stalenessMs);
    });
  }

  it('counts every instance that ever wrote', () => {
    const freshness = createFreshness();
    freshness.primaryAt([1, 10, 2, 5], 100);
    freshness.replicaAt([1, 99]);
    assert.equal(freshness.stalenessMs(200), undefined);
    freshness.replicaAt([1, 99, 2, 5]);
    assert.equal(freshness.stalenessMs(200), 100);
  });

  it('grows while nothing is heard of the primary, and of a replica that stands still', () => {
    const freshness = afterThree();
    freshness.replicaAt([1, 30]);
    freshness.replicaAt([1, 30]);
    assert.equal(freshness.stalenessMs(10_000), 9_700);
    freshness.primaryAt([1, 40], 9_000);
    freshness.replicaAt([1, 30]);
    assert.equal(freshness.stalenessMs(10_000), 9_700);
  });

  it('is not known of another primary', () => {
    const freshness = afterThree();
    freshness.replicaAt([1, 30]);
    freshness.reset();
    assert.equal(freshness.stalenessMs(400), undefined);
    freshness.replicaAt([1, 30]);
    assert.equal(freshness.stalenessMs(400), undefined);
  });

  it('keeps what a replica may be behind for long in a bounded list, and errs to the old side', () => {
    const freshness = createFreshness();
    for (let at = 0; at < 5_000; at++) freshness.primaryAt([1, at], at);
    freshness.replicaAt([1, 100]);
    assert.equal(freshness.stalenessMs(5_000), undefined, 'too far behind to be told');
    freshness.replicaAt([1, 4_500]);
    assert.equal(freshness.stalenessMs(5_000), 500);
  });
});
