import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { type RunningExecutor, startExecutorProcess } from '../../support/executor/process.js';
import { makeScriptFolder } from '../../support/executor/scripts.js';
import { createTasks, type Tasks } from '../../support/executor/tasks.js';
import { makeFolder } from '../../support/folder.js';

const PATIENCE_MS = 60_000;

describe('the order in which an executor runs tasks', () => {
  let tarantool: RunningTarantool;
  let executor: RunningExecutor;
  let tasks: Tasks;

  before(async () => {
    tarantool = await startTarantool();
    executor = await startExecutorProcess(tarantool, makeScriptFolder(), { concurrency: 1 });
    tasks = createTasks(await connectClient({ address: tarantool.address }));
  });
  after(async () => {
    assert.equal(await executor.stop(), 0, executor.output());
    await closeClients();
    await tarantool.end();
  });

  it('is priority, then age; a task that waits for its time holds up nobody and starts first when it has come', async () => {
    // Has the only place until it is cancelled.
    const first = await tasks.create('work.waits', { args: { file: join(makeFolder(), 'begun') } });
    await tasks.untilStatus(first.id, 'working', PATIENCE_MS);
    const runAt = Date.now() / 1_000 + 3;
    const create = (changes: object) => tasks.create('plain.nothing', changes);
    const waiting = await create({ priority: 100, runAt });
    const past = await create({ priority: 1, runAt: 1 });
    const low = await create({ priority: -100 });
    const [old, high, young] = [await create({}), await create({ priority: 100 }), await create({})];
    await tasks.jobs.cancel(first.id, 'gomer');
    const started = async (id: number) => (await tasks.ended(id, PATIENCE_MS)).started as number;
    const ids = [high.id, past.id, old.id, young.id, low.id];
    const times = await Promise.all(ids.map(started));
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.ok((await started(waiting.id)) >= runAt);
  });

  it('lets a task that failed wait for its back-off, doubled each time, while others run', async () => {
    const failing = await tasks.create('work.fails', { maxAttempts: 4, backoffS: 0.4 });
    const other = await tasks.create('plain.nothing');
    const [failed, finished] = [await tasks.ended(failing.id, PATIENCE_MS), await tasks.ended(other.id, PATIENCE_MS)];
    assert.deepEqual([failed.status, failed.attempt], ['failed', 4]);
    assert.ok((finished.ended as number) < (failed.ended as number));
    const history = await tasks.jobs.history(failing.id);
    const at = (status: string) => history.filter((entry) => entry.status === status).map((entry) => entry.at);
    const [, ...enqueued] = at('enqueued');
    const [, ...working] = at('working');
    const waits = working.map((time, i) => time - (enqueued[i] as number));
    for (const [i, seconds] of [0.4, 0.8, 1.6].entries()) {
      assert.ok((waits[i] as number) >= seconds, `${waits}`);
    }
  });
});
