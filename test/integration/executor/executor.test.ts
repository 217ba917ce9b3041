import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { type RunningExecutor, startExecutorProcess } from '../../support/executor/process.js';
import { makeScriptFolder } from '../../support/executor/scripts.js';
import { createTasks, type Tasks } from '../../support/executor/tasks.js';
import { makeFolder } from '../../support/folder.js';
import { until } from '../../support/until.js';

const MIB = 1024 * 1024;

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

  it('runs Python', async () => {
    const job = await tasks.run('snake.add', { args: { a: 5 } });
    assert.deepEqual(await tasks.resultOf(job), { sum: 7, calls: 1 });
    assert.equal(await tasks.logOf(job.id), 'adding 5 2\n');
  });

  it('stores the last progress', async () => {
    const job = await tasks.run('work.reports');
    assert.deepEqual(job.progress, { fraction: 1, text: 'step 2000' });
    assert.equal(await tasks.resultOf(job), 'reported');
  });

  it('stores what was printed on both streams, each in its order', async () => {
    const job = await tasks.run('work.prints', { args: { lines: 5_000 } });
    const lines = (await tasks.logOf(job.id)).trimEnd().split('\n');
    const numbers = Array.from({ length: 5_000 }, (_, i) => i);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('строка')),
      numbers.map((i) => `строка ${i}`),
    );
    assert.deepEqual(
      lines.filter((line) => line.startsWith('ошибка')),
      numbers.filter((i) => i % 3 === 0).map((i) => `ошибка ${i}`),
    );
  });

  it('keeps the last MiB of a log', async () => {
    const job = await tasks.run('hostile.prints');
    const text = await tasks.logOf(job.id);
    assert.equal(job.status, 'finished');
    assert.ok(text.length >= MIB && text.length < 2 * MIB, String(text.length));
  });

  it('stores an attached file of 64 MiB and no larger one', async () => {
    const job = await tasks.run('work.attaches', { args: { bytes: 64 * MIB } });
    assert.deepEqual([job.file?.bytes, job.file?.pieces, job.file?.contentType], [64 * MIB, 512, 'image/png']);
    const large = await tasks.run('work.attaches', { args: { bytes: 64 * MIB + 1 } });
    assert.match(large.errortext ?? '', /64 MiB is the most/);
  });

  it('attaches nothing but files of the working folder', async () => {
    assert.match((await tasks.run('work.attachesPipe')).errortext ?? '', /is no file/);
    assert.match((await tasks.run('work.attachesOutside')).errortext ?? '', /not in the working folder/);
  });

  it('says why a task could not be started', async () => {
    for (const [script, reason] of [
      ['plain.missing', /no function missing/],
      ['nowhere.add', /There is no file nowhere/],
    ] as const) {
      const job = await tasks.run(script);
      assert.deepEqual([job.status, job.cause], ['failed', { kind: 'start' }]);
      assert.match(job.errortext ?? '', reason);
    }
  });

  it('ends tasks at their limits', async () => {
    const [late, large] = await Promise.all([
      tasks.run('hostile.loops', { timeoutS: 1 }),
      tasks.run('hostile.eats', { memoryMb: 300 }),
    ]);
    assert.deepEqual([late.cause, large.cause], [{ kind: 'timeout' }, { kind: 'memory' }]);
  });

  it('cancels a task that works', async () => {
    const file = join(makeFolder(), 'begun');
    const job = await tasks.create('work.waits', { args: { file } });
    await tasks.untilStatus(job.id, 'working');
    await tasks.jobs.cancel(job.id, 'gomer');
    assert.equal((await tasks.ended(job.id)).status, 'cancelled');
  });

  it('tries again after a fault, with attempts that count on', async () => {
    const job = await tasks.run('work.fails', { maxAttempts: 2 });
    assert.deepEqual([job.status, job.attempt, job.cause], ['failed', 2, { kind: 'error' }]);
    assert.match(job.errortext ?? '', /attempt 2/);
    await tasks.jobs.retry(job.id, 'gomer', undefined);
    const again = await tasks.ended(job.id);
    assert.equal(again.attempt, 4);
  });

  it('runs a script as it is when the task begins', async () => {
    const file = join(scriptDir, 'edited.mjs');
    writeFileSync(file, 'export const run = () => "before";');
    assert.equal(await tasks.resultOf(await tasks.run('edited.run')), 'before');
    writeFileSync(file, 'export const run = () => "after it was edited";');
    assert.equal(await tasks.resultOf(await tasks.run('edited.run')), 'after it was edited');
  });

  it('reuses an interpreter for the same user alone, also after it was idle for longer than a lease', async () => {
    const pidOf = async (user: string) => tasks.resultOf(await tasks.run('work.pid', { user }));
    const first = await pidOf('lisa');
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    assert.equal(await pidOf('lisa'), first);
    assert.notEqual(await pidOf('bart'), first);
  });

  it('hands a task back uncounted when it is stopped, and another one runs it', async () => {
    const file = join(makeFolder(), 'begun');
    const other = await startExecutorProcess(tarantool, scriptDir, { concurrency: 1 });
    // Only the other executor has a free place.
    const held = await Promise.all(
      Array.from({ length: 5 }, () => tasks.create('work.waits', { args: { file: join(makeFolder(), 'held') } })),
    );
    const isOthers = async (id: number) => (await tasks.jobs.get(id)).lockedBy === other.name;
    const mine = await until('the other one has a task', async () => {
      for (const { id } of held) if (await isOthers(id)) return id;
      return undefined;
    });
    assert.equal(await other.stop(), 0, other.output());
    assert.deepEqual([(await tasks.jobs.get(mine)).status, (await tasks.jobs.get(mine)).attempt], ['enqueued', 0]);
    for (const { id } of held) await tasks.jobs.cancel(id, 'gomer');
    await Promise.all(held.map(({ id }) => tasks.ended(id)));
    assert.throws(() => readFileSync(file));
  });
});
