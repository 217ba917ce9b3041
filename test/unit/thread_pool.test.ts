import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createThreadPool } from '../../app/thread_pool.js';
import { until } from '../support/until.js';

const url = new URL('../support/thread_work.js', import.meta.url);

describe('a pool of threads', () => {
  const pool = createThreadPool<string, string>({ url, name: 'work', threadCount: 1, idleMs: 60_000 });
  after(() => pool.close());

  it('ends the thread of a task that is taken back, and goes on with another', async () => {
    assert.equal(await pool.run('first', []), 'first');
    await assert.rejects(pool.run('endless', [], AbortSignal.timeout(1)), { name: 'AbortError' });
    assert.deepEqual(pool.use(), { threads: 0, running: 0, queued: 0 });
    assert.equal(await pool.run('next', []), 'next');
  });

  it('keeps the thread of a task that was done before it is taken back', async () => {
    const taking = new AbortController();
    assert.equal(await pool.run('done', [], taking.signal), 'done');
    taking.abort();
    assert.equal(pool.use().threads, 1);
  });

  it('ends threads that have nothing to do, where it is told to, and starts them again', async () => {
    const lazy = createThreadPool<string, string>({ url, name: 'work', threadCount: 1, idleMs: 20 });
    assert.equal(await lazy.run('first', []), 'first');
    await until('the thread ends', () => lazy.use().threads === 0);
    assert.equal(await lazy.run('next', []), 'next');
    await lazy.close();
  });
});
