import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createKeptAnswers } from '../../../../app/http/answers/kept_answers.js';

/** Two imports whose versions the test advances; `made` counts the computed answers. */
function twoImports() {
  const versionOf = new Map([
    [3, 1],
    [5, 7],
  ]);
  const stateOf = async (importId: number) => {
    // A database never answers in the turn in which it is asked.
    await setImmediate();
    return { version: versionOf.get(importId) as number, createdAt: 36 };
  };
  const answers = createKeptAnswers(1024 * 1024, stateOf);
  let made = 0;
  const ask = (importIds: number[], known: string[] = [], question = '.q') =>
    answers.answerOfMany(
      importIds,
      { encoding: 'identity', isKnown: (etag) => known.includes(etag), question },
      async () => {
        made++;
        const versions = importIds.map((importId) => versionOf.get(importId) as number);
        return { versions, pieces: [Buffer.from(versions.join())] };
      },
    );
  return { versionOf, ask, made: () => made };
}

describe('an answer about several imports', () => {
  it('is kept until one of them changes, and has an ETag of all their states', async () => {
    const { versionOf, ask, made } = twoImports();
    const first = await ask([3, 5]);
    assert.deepEqual([first.etag, String(first.pieces?.[0])], ['"3.1.10+5.7.10.q"', '1,7']);
    assert.equal((await ask([3, 5])).etag, first.etag);
    assert.equal(made(), 1);
    versionOf.set(5, 8);
    const second = await ask([3, 5], [first.etag]);
    assert.deepEqual([second.etag, String(second.pieces?.[0])], ['"3.1.10+5.8.10.q"', '1,8']);
    assert.equal(made(), 2);
  });

  it('is not sent to who has it', async () => {
    const { ask, made } = twoImports();
    const { etag, pieces, version } = await ask([3, 5], ['"3.1.10+5.7.10.q"']);
    assert.deepEqual({ etag, pieces, version }, { etag: '"3.1.10+5.7.10.q"', pieces: undefined, version: undefined });
    assert.equal(made(), 0);
  });

  it('is another one for another order and another question', async () => {
    const { ask } = twoImports();
    const etags = [await ask([3, 5]), await ask([5, 3]), await ask([3, 5], [], '.r'), await ask([3])];
    assert.equal(new Set(etags.map(({ etag }) => etag)).size, 4);
  });
});

describe('the memory of answers that are kept', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  /** The memory of the process, within its heap and outside. */
  const usedBytes = async () => {
    for (let round = 0; round < 5; round++) {
      collect();
      // The test runner releases promises one turn after they were collected.
      await setImmediate();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const LIMIT_BYTES = 16 * 1024 * 1024;

  const cases: [why: string, answers: number, pieces: () => Buffer[]][] = [
    ['short ones, that are views of a pool', 20_000, () => [Buffer.from('x'.repeat(400))]],
    ['of several short pieces', 10_000, () => [Buffer.from('['), Buffer.from('x'.repeat(300)), Buffer.from(']')]],
    ['a page in a buffer with room to spare', 3_000, () => [Buffer.alloc(16 * 1024).subarray(0, 5_000)]],
    [
      'a list in buffers with room to spare',
      20,
      () =>
        Array(4)
          .fill(0)
          .map(() => Buffer.alloc(660_000).subarray(0, 520_000)),
    ],
    ['long ones without', 100, () => [Buffer.alloc(500_000)]],
  ];
  async function keepAll(count: number, piecesOf: () => Buffer[]) {
    const kept = createKeptAnswers(LIMIT_BYTES, async () => ({ version: 1, createdAt: 36 }));
    for (let id = 0; id < count; id++) {
      const asked = { encoding: 'identity', isKnown: () => false, question: '.q' } as const;
      const ask = () => kept.answer(id, asked, async () => ({ version: 1, pieces: piecesOf() }));
      await ask();
      // The second request joins its pieces.
      await ask();
    }
    return kept;
  }

  it('holds nothing of the request for the function that asks again', async () => {
    const kept = createKeptAnswers(LIMIT_BYTES, async () => ({ version: 1, createdAt: 36 }));
    async function answerOnce() {
      const request = { body: 'text' };
      const asked = { encoding: 'identity', isKnown: () => false, question: '.q' } as const;
      const make = async () => ({ version: 1, versions: [1], pieces: [Buffer.from(request.body)] });
      const answers = [await kept.answer(1, asked, make), await kept.answerOfMany([2], asked, make)];
      return { again: answers.map(({ again }) => again), request: new WeakRef(request) };
    }
    const { again, request } = await answerOnce();
    await usedBytes();
    assert.equal(request.deref(), undefined);
    for (const ask of again) assert.ok(await ask?.({ encoding: 'identity', isKnown: () => false }));
  });

  for (const [why, count, piecesOf] of cases) {
    it(`is reported correctly and stays within its limit: ${why}`, async () => {
      // Excludes code compiled meanwhile, which does not belong to the answers.
      await keepAll(count, piecesOf);
      const before = await usedBytes();
      const kept = await keepAll(count, piecesOf);
      const grown = (await usedBytes()) - before;
      const { bytes, answers } = kept.use();
      assert.ok(bytes <= LIMIT_BYTES && answers > 0);
      assert.ok(grown <= bytes * 1.05 + 512 * 1024, `${grown} bytes for ${answers} answers of ${bytes} bytes`);
    });
  }
});
