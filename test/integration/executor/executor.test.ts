import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { type RunningExecutor, startExecutorProcess } from '../../support/executor/process.js';
import { makeScriptFolder } from '../../support/executor/scripts.js';
import { createTasks, type Tasks } from '../../support/executor/tasks.js';

describe('an executor', () => {
  let tarantool: RunningTarantool;
  let executor: RunningExecutor;
  let tasks: Tasks;
  const scriptDir = makeScriptFolder();

  before(async () => {
    tarantool = await startTarantool();
    executor = await startExecutorProcess(tarantool, scriptDir);
    tasks = createTasks(await connectClient({ address: tarantool.address }));
  });
  after(async () => {
    assert.equal(await executor.stop(), 0, executor.output());
    await closeClients();
    await tarantool.end();
  });

  it('runs a task and stores what it returned, with who did it and when', async () => {
    const job = await tasks.run('plain.add', { args: { a: 1, b: 2 } });
    assert.deepEqual(await tasks.resultOf(job), { sum: 3, calls: 1 });
    assert.deepEqual(await tasks.statusesOf(job.id), ['enqueued 0', 'working 1', 'finished 1']);
    assert.equal((await tasks.jobs.history(job.id))[1]?.by, executor.name);
    assert.equal(await tasks.logOf(job.id), 'adding 1 2\n');
  });
});
