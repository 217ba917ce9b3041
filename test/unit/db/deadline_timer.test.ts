import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDeadlineTimer } from '../../../app/db/calls/deadline_timer.js';

/** A timer whose looks are recorded; `nexts` is what they return. */
function recorded(nexts: (number | undefined)[] = []) {
  const looks: number[] = [];
  let onLook = () => {};
  const timer = createDeadlineTimer((now) => {
    looks.push(now);
    onLook();
    return nexts.shift();
  });
  const looked = () =>
    new Promise<void>((resolve) => {
      onLook = resolve;
      // The timer itself keeps no process alive.
      const alive = setInterval(() => {}, 1_000);
      onLook = () => {
        clearInterval(alive);
        resolve();
      };
    });
  return { timer, looks, looked };
}

describe('the timer of deadlines', () => {
  it('looks at the earliest of them, and then at what the look returns', async () => {
    const start = performance.now();
    const { timer, looks, looked } = recorded([start + 120, undefined]);
    timer.expect(start + 10_000);
    timer.expect(start + 40);
    timer.expect(start + 20_000);
    await looked();
    await looked();
    assert.equal(looks.length, 2);
    // Timers of Node may be a millisecond early.
    assert.ok((looks[0] as number) >= start + 38 && (looks[1] as number) >= start + 118, looks.join());
    timer.stop();
  });

  it('looks after what has arrived while the event loop was held up', async () => {
    const order: string[] = [];
    const { timer, looked } = recorded();
    const wait = looked().then(() => order.push('look'));
    const start = performance.now();
    timer.expect(start + 20);
    while (performance.now() < start + 400);
    setTimeout(() => order.push('arrived'), 10);
    await wait;
    assert.deepEqual(order, ['arrived', 'look']);
    timer.stop();
  });

  it('does not look once it is stopped', async () => {
    const { timer, looks } = recorded();
    timer.expect(performance.now() + 5);
    timer.stop();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(looks, []);
  });
});
