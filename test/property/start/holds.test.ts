import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createHolds } from '../../../app/siblings/holds.js';
import { runs } from '../../support/random.js';

const NAMES = ['a', 'b', 'c'];

describe('holds', () => {
  it('run the work of a name in order, one after another, whether it fails or not', async () => {
    const work = fc.record({ name: fc.constantFrom(...NAMES), turns: fc.nat(5), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(work, { maxLength: 20 }), async (all) => {
        const holds = createHolds();
        const running = new Set<string>();
        const done: number[] = [];
        const ends = all.map(({ name, turns, fails }, place) =>
          holds.inTurn(name, async () => {
            assert.ok(!running.has(name), 'alone');
            running.add(name);
            for (let i = 0; i < turns; i++) await Promise.resolve();
            running.delete(name);
            done.push(place);
            if (fails) throw new Error(String(place));
            return place;
          }),
        );
        const results = await Promise.allSettled(ends);
        for (const [place, { fails }] of all.entries()) {
          assert.equal(results[place]?.status, fails ? 'rejected' : 'fulfilled');
        }
        for (const each of NAMES) {
          const ofName = done.filter((place) => all[place]?.name === each);
          assert.deepEqual(
            ofName,
            [...ofName].sort((a, b) => a - b),
          );
        }
      }),
      runs(100),
    );
  });

  it('tell the holder of a name that it is wanted, and whoever wants it when it is free', async () => {
    const holds = createHolds();
    await holds.wrest('a');
    const hold = await holds.hold('a');
    assert.deepEqual(await holds.held(), new Set(['a']));
    let isFree = false;
    const wrested = Promise.all([holds.wrest('a'), holds.wrest('a')]).then(() => {
      isFree = true;
    });
    await Promise.resolve();
    assert.ok(hold.wanted.aborted);
    assert.ok(!isFree);
    hold.release();
    await wrested;
    assert.deepEqual(await holds.held(), new Set());
    const next = await holds.hold('a');
    // A release that comes late frees nothing of somebody else.
    hold.release();
    assert.deepEqual(await holds.held(), new Set(['a']));
    next.release();
  });
});
