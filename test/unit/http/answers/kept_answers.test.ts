import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createKeptAnswers } from '../../../../app/http/answers/kept_answers.js';

/** Two imports whose versions a test moves; `made` counts what was made. */
function twoImports() {
  const versionOf = new Map([
    [3, 1],
    [5, 7],
  ]);
  const stateOf = async (importId: number) => {
    // No database answers in the turn in which it is asked.
    await new Promise((resolve) => setImmediate(resolve));
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
