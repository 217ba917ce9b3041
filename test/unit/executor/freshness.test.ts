import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAnswerAge } from '../../../app/executor/engine/freshness.js';

/** The database's clock is `OFFSET_S` behind ours. */
const OFFSET_S = 1_234;

describe('the age of an answer', () => {
  function setUp() {
    let ours = 5_000;
    const age = createAnswerAge(() => ours);
    return {
      forget: age.forget,
      pass(seconds: number) {
        ours += seconds;
      },
      /** Whether an answer that was made so many seconds ago is taken for fresh. */
      isFresh: (seconds: number) => age.isFresh(ours - OFFSET_S - seconds),
    };
  }

  it('is at most a second above that of the quickest answer seen', () => {
    const { isFresh, pass } = setUp();
    assert.equal(isFresh(0.1), true, 'the first one, of which nothing is known');
    pass(5);
    assert.equal(isFresh(1.05), true);
    assert.equal(isFresh(1.2), false);
    assert.equal(isFresh(0), true, 'a quicker one');
    assert.equal(isFresh(1.05), false);
  });

  it('is known after a long stop, during which the process saw nothing', () => {
    const { isFresh, pass } = setUp();
    isFresh(0);
    pass(3_600);
    assert.equal(isFresh(30), false, 'an answer found in the socket');
    assert.equal(isFresh(0), true);
  });

  it('follows clocks that drift apart', () => {
    let ours = 0;
    let theirs = 0;
    const age = createAnswerAge(() => ours);
    for (let minute = 0; minute < 60 * 24; minute++) {
      assert.equal(age.isFresh(theirs), true, `minute ${minute}`);
      ours += 60;
      theirs += 60 * 0.9995;
    }
  });

  it('is unknown on another connection', () => {
    const { isFresh, forget } = setUp();
    isFresh(0);
    assert.equal(isFresh(100), false);
    forget();
    assert.equal(isFresh(100), true);
  });
});
