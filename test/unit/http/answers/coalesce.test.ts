import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { coalescePerTurn } from '../../../../app/http/answers/coalesce.js';

/** Questions that the test answers in the order in which they were asked. `sent`: those already sent, by index. */
function createAsked() {
  const asked: { subject: number; answer(value: string): void; fail(reason: Error): void }[] = [];
  const sent: number[] = [];
  const gathered = coalescePerTurn((subject: number) => {
    const place = asked.length;
    // As the client does: app/db/client.ts.
    setImmediate(() => sent.push(place));
    return new Promise<string>((answer, fail) => asked.push({ subject, answer, fail }));
  });
  return { asked, sent, gathered };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('gathered questions', () => {
  it('of one turn about one subject are one', async () => {
    const { asked, gathered } = createAsked();
    const both = [gathered(1), gathered(1)];
    void gathered(2);
    assert.deepEqual(
      asked.map(({ subject }) => subject),
      [1, 2],
    );
    asked[0]?.answer('a');
    assert.deepEqual(await Promise.all(both), ['a', 'a']);
  });

  it('are another one in the next turn, though the first is under way', async () => {
    const { asked, gathered } = createAsked();
    const first = gathered(1);
    await turn();
    const second = gathered(1);
    assert.equal(asked.length, 2);
    asked[1]?.answer('new');
    asked[0]?.answer('old');
    assert.deepEqual(await Promise.all([first, second]), ['old', 'new']);
  });

  it('are never answered by one that was sent before they asked', async () => {
    const { asked, sent, gathered } = createAsked();
    let atSending = 0;
    setImmediate(() => void gathered(1));
    void gathered(1);
    // After the sending, which the question above has scheduled in the same turn.
    setImmediate(() => {
      atSending = sent.length;
      void gathered(1);
    });
    await turn();
    assert.equal(atSending, 1);
    assert.equal(asked.length, 2, 'who asked before the sending shares, who asked behind it asks anew');
  });

  it('that fail fail for those alone who shared them', async () => {
    const { asked, gathered } = createAsked();
    const first = [gathered(1), gathered(1)];
    await turn();
    const second = gathered(1);
    asked[0]?.fail(new Error('away'));
    for (const each of first) await assert.rejects(each, /away/);
    asked[1]?.answer('here');
    assert.equal(await second, 'here');
  });
});
