import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../../../../app/errors.js';
import { coalesceInRounds, coalescePerTurn } from '../../../../app/http/answers/coalesce.js';

/** Questions that the test answers in the order in which they were asked. `sent`: those already sent, by index. */
function createAsked(coalesce: typeof coalescePerTurn = coalescePerTurn) {
  const asked: { subject: number; answer(value: string): void; fail(reason: Error): void }[] = [];
  const sent: number[] = [];
  const gathered = coalesce((subject: number) => {
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

const inRounds =
  (maxWaitMs = 60_000): typeof coalescePerTurn =>
  (ask) =>
    coalesceInRounds(ask, maxWaitMs);

describe('questions in rounds', () => {
  it('of one turn about one subject are one; other subjects are asked beside it', () => {
    const { asked, gathered } = createAsked(inRounds());
    for (const subject of [1, 1, 2]) void gathered(subject);
    assert.deepEqual(
      asked.map(({ subject }) => subject),
      [1, 2],
    );
  });

  it('that come while one is under way share the next one, which is asked after them', async () => {
    const { asked, gathered } = createAsked(inRounds());
    const first = gathered(1);
    await turn();
    const second = gathered(1);
    await turn();
    const third = gathered(1);
    assert.equal(asked.length, 1);
    asked[0]?.answer('old');
    assert.equal(await first, 'old');
    await turn();
    const fourth = gathered(1);
    assert.equal(asked.length, 2);
    asked[1]?.answer('new');
    assert.deepEqual(await Promise.all([second, third]), ['new', 'new']);
    await turn();
    asked[2]?.answer('newest');
    assert.equal(await fourth, 'newest');
    void gathered(1);
    assert.equal(asked.length, 4, 'nothing is remembered');
  });

  it('do not wait for one that takes long', async () => {
    const { asked, gathered } = createAsked(inRounds(500));
    const slow = gathered(1);
    await turn();
    const waiting = gathered(1);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const later = gathered(1);
    assert.equal(asked.length, 2);
    asked[1]?.answer('later');
    assert.equal(await later, 'later');
    asked[0]?.answer('slow');
    assert.equal(await slow, 'slow');
    await turn();
    asked[2]?.answer('waiting');
    assert.equal(await waiting, 'waiting');
  });

  it('are asked after one that failed, unless the database is away', async () => {
    for (const [reason, isShared] of [
      [new Error('a fault'), false],
      [new ServiceError('IMPORT_NOT_FOUND', 'Not yet.'), false],
      [new ServiceError('DATABASE_AWAY', 'Away.'), true],
    ] as const) {
      const { asked, gathered } = createAsked(inRounds());
      const first = assert.rejects(gathered(1), reason);
      await turn();
      const second = gathered(1).catch((fault) => fault);
      asked[0]?.fail(reason);
      await first;
      await turn();
      asked[1]?.answer('here');
      assert.equal(await second, isShared ? reason : 'here');
      void gathered(1);
      assert.equal(asked.length, isShared ? 2 : 3);
    }
  });
});
