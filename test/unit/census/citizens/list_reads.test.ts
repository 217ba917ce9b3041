import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CitizensRepository } from '../../../../app/census/citizens/repository.js';
import { createCitizensService } from '../../../../app/census/citizens/service.js';

/** A repository whose reads end on command; each result contains its version and the number of the read. */
function slowReads() {
  const stored = { version: 1, createdAt: 5 };
  const ends: { resolve(): void; reject(reason: Error): void }[] = [];
  const repository: Partial<CitizensRepository> = {
    read: () =>
      new Promise((resolve, reject) => {
        const { version } = stored;
        const pages = [Buffer.from(`,"version ${version}, read ${ends.length}"`)];
        ends.push({ resolve: () => resolve({ version, pages, nextAfter: null }), reject });
      }),
  };
  const service = createCitizensService({
    repository: repository as CitizensRepository,
    stateOf: async () => ({ ...stored }),
    texts: {} as never,
  });
  const wanted = { encoding: 'identity', isKnown: () => false, format: 'json', page: undefined } as const;
  const list = async () => String(Buffer.concat((await service.list(7, wanted)).pieces ?? []));
  return { stored, ends, list };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('reads of one list by many clients at once', () => {
  it('are one read', async () => {
    const { ends, list } = slowReads();
    const lists = Array.from({ length: 20 }, list);
    await nextTurn();
    assert.equal(ends.length, 1);
    ends[0]?.resolve();
    assert.deepEqual(new Set(await Promise.all(lists)), new Set(['{"data":["version 1, read 0"]}']));
  });

  it('are another one after a change: who asks then never gets what was read before it', async () => {
    const { stored, ends, list } = slowReads();
    const before = list();
    await nextTurn();
    stored.version = 2;
    const after = list();
    await nextTurn();
    for (const end of ends) end.resolve();
    assert.deepEqual(await Promise.all([before, after]), [
      '{"data":["version 1, read 0"]}',
      '{"data":["version 2, read 1"]}',
    ]);
  });

  it('fail together, and the next client begins anew', async () => {
    const { ends, list } = slowReads();
    const lists = Promise.allSettled([list(), list()]);
    await nextTurn();
    ends[0]?.reject(new Error('away'));
    assert.deepEqual(
      (await lists).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    const next = list();
    await nextTurn();
    ends[1]?.resolve();
    assert.equal(await next, '{"data":["version 1, read 1"]}');
  });
});
