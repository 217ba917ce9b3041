import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createGathered } from '../../app/http/gathered.js';

/** Questions that the test answers, in the order in which they were asked. */
function createAsked() {
  const asked: { subject: number; answer(value: string): void; fail(reason: Error): void }[] = [];
  const gathered = createGathered(
    (subject) => new Promise<string>((answer, fail) => asked.push({ subject, answer, fail })),
  );
  return { asked, gathered };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('gathered questions', () => {
  it('are sent at once while none is under way', () => {
    const { asked, gathered } = createAsked();
    void gathered(1);
    void gathered(2);
    assert.deepEqual(
      asked.map(({ subject }) => subject),
      [1, 2],
    );
  });

  it('that come while one is under way share the next, which is sent after it', async () => {
    const { asked, gathered } = createAsked();
    const first = gathered(1);
    const later = [gathered(1), gathered(1), gathered(1)];
    assert.equal(asked.length, 1);
    asked[0]?.answer('old');
    assert.equal(await first, 'old');
    await turn();
    assert.equal(asked.length, 2);
    asked[1]?.answer('new');
    assert.deepEqual(await Promise.all(later), ['new', 'new', 'new']);
  });

  it('never get an answer to a question that was sent before they asked', async () => {
    const { asked, gathered } = createAsked();
    void gathered(1);
    const second = gathered(1);
    asked[0]?.answer('a');
    await turn();
    // The second is under way now: who asks here gets a third.
    const third = gathered(1);
    asked[1]?.answer('b');
    assert.equal(await second, 'b');
    await turn();
    asked[2]?.answer('c');
    assert.equal(await third, 'c');
  });

  it('that fail fail for those alone who shared them', async () => {
    const { asked, gathered } = createAsked();
    const first = gathered(1);
    const second = gathered(1);
    asked[0]?.fail(new Error('away'));
    await assert.rejects(first, /away/);
    await turn();
    asked[1]?.answer('there');
    assert.equal(await second, 'there');
    void gathered(1);
    assert.equal(asked.length, 3, 'nothing is remembered');
  });
});
