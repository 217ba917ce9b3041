import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { type RunningExecutor, startExecutorProcess } from '../../support/executor/process.js';
import { makeScriptFolder } from '../../support/executor/scripts.js';
import { createTasks, type Tasks } from '../../support/executor/tasks.js';
import { makeFolder } from '../../support/folder.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { hasEnded } from '../../support/processes.js';
import { until } from '../../support/until.js';

type Note = { id: number; attempt: number; pid: number; what: 'begin' | 'tick' | 'end'; at: number };

function notesOf(file: string): Note[] {
  if (!existsSync(file)) return [];
  // The last line may be incomplete while a writer is running.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** Asserts that a task's attempts never overlap: each begins after the last trace of the previous one. */
function assertOneAtATime(notes: readonly Note[]): void {
  const attempts: number[] = [];
  for (const { attempt, what } of notes) {
    if (what === 'begin') attempts.push(attempt);
    assert.equal(attempt, attempts.at(-1), JSON.stringify(notes));
  }
  assert.deepEqual(attempts, [...new Set(attempts)], 'no attempt runs twice');
}

/** Attempts that have begun. */
function begunOf(notes: readonly Note[]): number[] {
  return notes.flatMap(({ what, attempt }) => (what === 'begin' ? [attempt] : []));
}

const PATIENCE_MS = 120_000;
const KILLS = IS_NIGHTLY ? 10 : 2;
const AT_ONCE = 8;

describe('an executor that is killed, or frozen', () => {
  const scriptDir = makeScriptFolder();
  let tarantool: RunningTarantool;
  let tasks: Tasks;
  let executor: RunningExecutor;

  before(async () => {
    tarantool = await startTarantool();
    tasks = createTasks(await connectClient({ address: tarantool.address }));
  });
  after(async () => {
    await executor.stop();
    await closeClients();
    await tarantool.end();
  });

  const makeTasks = (count: number, ms: number, maxAttempts: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const file = join(makeFolder(), 'notes');
        return { file, job: await tasks.create('work.ticks', { args: { file, ms }, maxAttempts }) };
      }),
    );

  it('leaves no process behind, and its tasks are run again after the lease, one at a time', async () => {
    executor = await startExecutorProcess(tarantool, scriptDir, { concurrency: AT_ONCE });
    const made = await makeTasks(AT_ONCE, 1_500, KILLS + 1);
    for (let round = 0; round < KILLS; round++) {
      await until(
        'all run',
        () =>
          made.every(
            ({ file }) =>
              notesOf(file).at(-1)?.what === 'tick' &&
              new Set(notesOf(file).map(({ attempt }) => attempt)).size === round + 1,
          ),
        PATIENCE_MS,
      );
      const pids = made.map(({ file }) => notesOf(file).at(-1)?.pid as number);
      await executor.kill();
      await until('what it ran has ended', () => pids.every(hasEnded));
      executor = await startExecutorProcess(tarantool, scriptDir, { concurrency: AT_ONCE });
    }
    for (const { file, job } of made) {
      const ended = await tasks.ended(job.id, PATIENCE_MS);
      assert.deepEqual([ended.status, ended.attempt], ['finished', KILLS + 1]);
      assertOneAtATime(notesOf(file));
      assert.equal(begunOf(notesOf(file)).length, KILLS + 1, 'each attempt that was counted has begun once');
    }
  });

  it('is of no harm when it is frozen beyond the lease: what it runs is ended before another runs it', async () => {
    const made = await makeTasks(2, 4_000, 2);
    await until('both run', () => made.every(({ file }) => notesOf(file).at(-1)?.what === 'tick'), PATIENCE_MS);
    executor.signal('SIGSTOP');
    const other = await startExecutorProcess(tarantool, scriptDir, { concurrency: 8 });
    for (const { file, job } of made) {
      assert.deepEqual(
        [(await tasks.ended(job.id, PATIENCE_MS)).status, (await tasks.jobs.get(job.id)).attempt],
        ['finished', 2],
      );
      assertOneAtATime(notesOf(file));
    }
    executor.signal('SIGCONT');
    assert.equal(await other.stop(), 0);
    const job = await tasks.run('plain.add', { args: { a: 1, b: 1 } }, PATIENCE_MS);
    assert.equal(job.lockedBy ?? (await tasks.jobs.history(job.id))[1]?.by, executor.name);
    for (const { file } of made) assertOneAtATime(notesOf(file));
  });

  it('goes on when Tarantool is killed under it again and again: all that was acknowledged ends, and nothing runs twice', async () => {
    const made = await makeTasks(AT_ONCE, 1_000 * KILLS, KILLS + 1);
    for (let kill = 0; kill < KILLS; kill++) {
      const seen = made.map(({ file }) => notesOf(file).length);
      await until(
        'all go on',
        () =>
          made.every(
            ({ file }, i) => notesOf(file).at(-1)?.what === 'end' || notesOf(file).length > (seen[i] as number),
          ),
        PATIENCE_MS,
      );
      await closeClients();
      await tarantool.end('SIGKILL');
      tarantool = await startTarantool({ dataDir: tarantool.dataDir });
      tasks = createTasks(await connectClient({ address: tarantool.address }));
      made.push(...(await makeTasks(1, 10, KILLS + 1)));
    }
    for (const { file, job } of made) {
      const { status, attempt } = await tasks.ended(job.id, PATIENCE_MS);
      assert.equal(status, 'finished');
      assertOneAtATime(notesOf(file));
      const begun = begunOf(notesOf(file));
      // An attempt may be counted whose start was lost with the answer to its take.
      assert.ok(begun.length >= 1 && begun.length <= attempt && begun.at(-1) === attempt, `${begun} of ${attempt}`);
      assert.deepEqual(notesOf(file).filter(({ what }) => what === 'end').length >= 1, true);
    }
  });

  it('hands back what ignores SIGTERM when it is stopped, and leaves nothing of it', async () => {
    const made = await Promise.all(
      Array.from({ length: 2 }, () => tasks.create('hostile.ignoresTerm', { maxAttempts: 1 })),
    );
    for (const { id } of made) await tasks.untilStatus(id, 'working', PATIENCE_MS);
    assert.equal(await executor.stop(), 0, executor.output());
    for (const { id } of made) {
      const { status, attempt } = await tasks.jobs.get(id);
      assert.deepEqual([status, attempt], ['enqueued', 0]);
      await tasks.jobs.cancel(id, 'gomer');
    }
    executor = await startExecutorProcess(tarantool, scriptDir, { concurrency: AT_ONCE });
    assert.equal((await tasks.run('plain.later', {}, PATIENCE_MS)).status, 'finished');
  });
});
