import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { type RunningExecutor, startExecutorProcess } from '../../support/executor/process.js';
import { makeBinDir } from '../../support/executor/run_process.js';
import { createTasks, type Tasks } from '../../support/executor/tasks.js';
import { makeFolder } from '../../support/folder.js';
import { processesWith } from '../../support/processes.js';
import { createWorkflows, type Workflows } from '../../support/work/workflows.js';

const PATIENCE_MS = 120_000;

const binDir = makeBinDir({
  true: 'exit 0',
  says: 'echo "said $*"',
  exits: 'exit "$1"',
  sleeps: 'exec sleep "$1"',
  kills_itself: 'kill -TERM $$',
  stubborn: 'trap "" INT TERM; while true; do sleep 0.1; done',
});

describe('runs of workflows', () => {
  let tarantool: RunningTarantool;
  let executor: RunningExecutor;
  let workflows: Workflows;
  let tasks: Tasks;

  before(async () => {
    tarantool = await startTarantool();
    executor = await startExecutorProcess(tarantool, makeFolder(), { env: { SVODKA_WORKFLOW_BIN: binDir } });
    const db = await connectClient({ address: tarantool.address });
    workflows = createWorkflows(db);
    tasks = createTasks(db);
  });
  after(async () => {
    assert.equal(await executor.stop(), 0);
    await closeClients();
    await tarantool.end();
  });

  it('are carried out, and their job is settled with the status', async () => {
    await workflows.create('good', [{ function: 'says', params: ['hello'], exec: 'parallel' }, { function: 'true' }]);
    const runId = await workflows.run('good');
    assert.equal(await workflows.ended('good', PATIENCE_MS), 'success');
    assert.deepEqual(await workflows.statusesOf('good'), ['success', 'success']);
    assert.equal(await workflows.logOf('good', 't1'), 'said hello\n');
    const job = await tasks.ended(runId, PATIENCE_MS);
    assert.deepEqual([job.status, job.attempt, job.result], ['finished', 1, '{"status":"success"}']);
    const history = await workflows.history('good');
    assert.deepEqual([history[0], history.at(-1)], ['running', 'success']);
    assert.deepEqual(
      history.filter((each) => each.startsWith('t2')),
      ['t2 running', 't2 success'],
    );
  });

  it('run again from the beginning, and one task alone', async () => {
    await workflows.create('again', [
      { function: 'says', params: ['one'] },
      { function: 'says', params: ['two'] },
    ]);
    await workflows.run('again');
    assert.equal(await workflows.ended('again', PATIENCE_MS), 'success');
    await workflows.run('again', 't2');
    assert.equal(await workflows.ended('again', PATIENCE_MS), 'success');
    const times = (await workflows.history('again')).filter((each) => each === 't1 running').length;
    assert.equal(times, 1);
    assert.equal(await workflows.logOf('again', 't2'), 'said two\n');
  });

  it('end with an error, after the tries', async () => {
    await workflows.create('bad', [
      { function: 'sleeps', params: ['1000'], exec: 'parallel' },
      { function: 'exits', params: ['3'], tries: 2 },
      { function: 'true' },
    ]);
    await workflows.run('bad');
    assert.equal(await workflows.ended('bad', PATIENCE_MS), 'error');
    const { tasks: states } = await workflows.read('bad');
    assert.deepEqual(
      states.map(({ status, code, attempt, pid }) => [status, code, attempt, pid]),
      [
        ['stopped', null, 1, null],
        ['error', 3, 2, null],
        ['new', null, 0, null],
      ],
    );
    assert.deepEqual((await workflows.history('bad')).slice(2), [
      't2 running',
      't2 rerun',
      't2 running',
      't2 error',
      'stopping',
      't1 stopping',
      't1 stopped',
      'error',
    ]);
  });

  it('are stopped, and a task that waits is left alone until it is forced to run', async () => {
    await workflows.create('long', [
      { function: 'sleeps', params: ['1000'], exec: 'parallel' },
      { function: 'sleeps', params: ['1000'] },
    ]);
    await workflows.run('long');
    const { pid } = await workflows.untilTask('long', 't1', 'running', PATIENCE_MS);
    await workflows.untilTask('long', 't2', 'running', PATIENCE_MS);
    assert.match(readFileSync(`/proc/${pid}/environ`, 'utf8'), /SVODKA_RUN=/);
    await workflows.force('long', 't1', 'waiting');
    await workflows.stop('long');
    await workflows.untilTask('long', 't2', 'stopped', PATIENCE_MS);
    assert.equal((await workflows.read('long')).status, 'stopping');
    await workflows.force('long', 't1', 'running');
    assert.equal(await workflows.ended('long', PATIENCE_MS), 'stopped');
    assert.deepEqual(await workflows.statusesOf('long'), ['stopped', 'stopped']);
  });

  it('can be stopped before they have begun', async () => {
    await workflows.create('early', [{ function: 'sleeps', params: ['1000'] }]);
    await workflows.run('early');
    await workflows.stop('early');
    assert.equal(await workflows.ended('early', PATIENCE_MS), 'stopped');
  });

  it('end stopped when their job is cancelled', async () => {
    await workflows.create('cancelled', [{ function: 'sleeps', params: ['1000'] }]);
    const runId = await workflows.run('cancelled');
    await workflows.untilTask('cancelled', 't1', 'running', PATIENCE_MS);
    await tasks.jobs.cancel(runId, 'ann');
    assert.equal(await workflows.ended('cancelled', PATIENCE_MS), 'stopped');
    assert.equal((await tasks.ended(runId, PATIENCE_MS)).status, 'cancelled');
  });

  it('run many at once', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `many ${i}`);
    for (const name of names) {
      await workflows.create(name, [
        { function: 'sleeps', params: ['0.1'], exec: 'parallel' },
        { function: 'says', params: [name] },
        { function: 'true' },
      ]);
    }
    await Promise.all(names.map((name) => workflows.run(name)));
    for (const name of names) {
      assert.equal(await workflows.ended(name, PATIENCE_MS), 'success', name);
      assert.equal(await workflows.logOf(name, 't2'), `said ${name}\n`);
    }
  });

  it('are handed back uncounted when the executor stops, and go on with the next one', async () => {
    const file = `${makeFolder()}/lines`;
    await workflows.create('moved', [
      { function: 'says', params: ['once'] },
      { function: 'sleeps', params: ['2', file] },
      { function: 'true' },
    ]);
    const runId = await workflows.run('moved');
    await workflows.untilTask('moved', 't2', 'running', PATIENCE_MS);
    assert.equal(await executor.stop(), 0);
    assert.equal(processesWith(file).length, 0, 'nothing outlives the executor');
    assert.equal((await tasks.jobs.get(runId)).status, 'enqueued');
    executor = await startExecutorProcess(tarantool, makeFolder(), { env: { SVODKA_WORKFLOW_BIN: binDir } });
    assert.equal(await workflows.ended('moved', PATIENCE_MS), 'success');
    const job = await tasks.ended(runId, PATIENCE_MS);
    assert.equal(job.attempt, 1);
    const history = await workflows.history('moved');
    assert.equal(history.filter((each) => each === 't1 running').length, 1, 'what had ended is not run again');
  });
});
