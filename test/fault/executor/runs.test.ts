import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listPids, readProcess } from '../../../app/executor/processes/process_table.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { type RunningExecutor, startExecutorProcess } from '../../support/executor/process.js';
import { makeBinDir } from '../../support/executor/run_process.js';
import { makeFolder } from '../../support/folder.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { processesWith, untilGone } from '../../support/processes.js';
import { until } from '../../support/until.js';
import { createWorkflows, type NewTask, type Workflows } from '../../support/work/workflows.js';

/** A lease that nobody renews lasts 10 s. */
const PATIENCE_MS = 180_000;
const POWER_CUTS = IS_NIGHTLY ? 20 : 3;
/** Of 50 ms: long enough for the runs to outlast the cuts. */
const TICKS = 10 + POWER_CUTS * 2;
const RUNS = 5;
const TASKS = 10;

const binDir = makeBinDir({
  // Notes each of its steps with its pid, so that two at once are seen.
  ticks:
    'echo "$$ begin" >>"$1"; for i in $(seq "$2"); do echo "$$ tick" >>"$1"; sleep 0.05; done; echo "$$ end" >>"$1"',
  // Leaves the group by a double fork: only its mark tells whose it is.
  escapes:
    'setsid bash -c "(while true; do echo \\$BASHPID tick >>$1.out; sleep 0.05; done) & exit" </dev/null >/dev/null 2>&1; exec sleep 1000',
  stubborn: 'trap "" INT TERM; echo "$$ begin" >>"$1"; while true; do sleep 0.1; done',
});

type Note = { pid: number; what: string };

function notesOf(file: string): Note[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => ({ pid: Number(line.split(' ')[0]), what: line.split(' ')[1] as string }));
}

/** Each process of a task begins after the last trace of the one before. */
function assertOneAtATime(notes: readonly Note[]): void {
  const pids: number[] = [];
  for (const { pid, what } of notes) {
    if (what === 'begin') pids.push(pid);
    assert.equal(pid, pids.at(-1), JSON.stringify(notes));
  }
}

/** What was stored as ended is not run again. */
function assertEndedOnce(history: readonly string[]): void {
  const ended = new Set<string>();
  for (const line of history) {
    const [task, status] = line.split(' ');
    assert.ok(!ended.has(`${task}`) || status === undefined, `${line} after its end: ${history.join(', ')}`);
    if (status === 'success') ended.add(`${task}`);
  }
}

function childrenOf(parent: number): number[] {
  return listPids().filter((pid) => readProcess(pid)?.parentPid === parent);
}

describe('a run under which something is killed', () => {
  let tarantool: RunningTarantool;
  let executor: RunningExecutor;
  let workflows: Workflows;
  let count = 0;

  const startExecutor = () => startExecutorProcess(tarantool, makeFolder(), { env: { SVODKA_WORKFLOW_BIN: binDir } });

  async function connect(): Promise<void> {
    workflows = createWorkflows(await connectClient({ address: tarantool.address }));
  }

  before(async () => {
    tarantool = await startTarantool();
    executor = await startExecutor();
    await connect();
  });
  after(async () => {
    await executor.stop();
    await closeClients();
    await tarantool.end();
  });
  afterEach(async () => {
    await until('nothing of any run is left', () => processesWith(binDir).every((pid) => pid === executor.pid));
  });

  /** A workflow whose tasks note what they do: one that ends at once, a parallel one, and one that is awaited. */
  async function makeNoting(ticks: number): Promise<{ name: string; files: string[] }> {
    const name = `noting ${count++}`;
    const files = ['first', 'parallel', 'awaited', 'last'].map((each) => join(makeFolder(), each));
    const [first, parallel, awaited, last] = files as [string, string, string, string];
    const ticking = (file: string, times: number): NewTask => ({ function: 'ticks', params: [file, String(times)] });
    await workflows.create(name, [
      ticking(first, 1),
      { ...ticking(parallel, ticks), exec: 'parallel' },
      ticking(awaited, ticks),
      ticking(last, 1),
    ]);
    await workflows.run(name);
    await workflows.untilTask(name, 't3', 'running', PATIENCE_MS);
    await until('the awaited task ticks', () => notesOf(awaited).length > 1, PATIENCE_MS);
    return { name, files };
  }

  async function assertWentOn({ name, files }: { name: string; files: string[] }): Promise<void> {
    assert.equal(await workflows.ended(name, PATIENCE_MS), 'success', name);
    for (const file of files) {
      assertOneAtATime(notesOf(file));
      assert.equal(notesOf(file).at(-1)?.what, 'end');
    }
    assert.equal(notesOf(files[0] as string).filter(({ what }) => what === 'begin').length, 1);
    assertEndedOnce(await workflows.history(name));
    const { tasks } = await workflows.read(name);
    for (const { attempt } of tasks) assert.equal(attempt, 1, 'a crash uses up no try');
  }

  it('goes on when its own process is killed, and nothing runs twice', async () => {
    const run = await makeNoting(40);
    const [pid] = processesWith(run.name).filter((each) => readProcess(each)?.parentPid === executor.pid);
    process.kill(pid as number, 'SIGKILL');
    await assertWentOn(run);
  });

  it('takes grandchildren with it that had left the group, when its process is killed', async () => {
    const file = join(makeFolder(), 'escaped');
    await workflows.create('escaping once', [{ function: 'escapes', params: [file] }]);
    await workflows.run('escaping once');
    const escaped = await until('the grandchild ticks', () => notesOf(`${file}.out`)[0]?.pid, PATIENCE_MS);
    const [pid] = processesWith('escaping once').filter((each) => readProcess(each)?.parentPid === executor.pid);
    process.kill(pid as number, 'SIGKILL');
    await untilGone(escaped);
    await until('the task runs again', () => notesOf(`${file}.out`).at(-1)?.pid !== escaped, PATIENCE_MS);
    assert.match(executor.output(), /the process of a run has ended; the run is taken over/);
    await workflows.stop('escaping once');
    assert.equal(await workflows.ended('escaping once', PATIENCE_MS), 'stopped');
    assert.deepEqual(processesWith(file), []);
  });

  it('goes on when the executor is killed; what it ran ends with it, grandchildren too', async () => {
    const file = join(makeFolder(), 'escaped');
    await workflows.create('escaping', [{ function: 'escapes', params: [file] }]);
    await workflows.run('escaping');
    const run = await makeNoting(60);
    await until('the grandchild ticks', () => notesOf(`${file}.out`).length > 0, PATIENCE_MS);
    const pids = processesWith(binDir).filter((pid) => pid !== executor.pid);
    await executor.kill();
    for (const pid of pids) await untilGone(pid);
    executor = await startExecutor();
    await assertWentOn(run);
    await workflows.untilTask('escaping', 't1', 'running', PATIENCE_MS);
    await workflows.stop('escaping');
    assert.equal(await workflows.ended('escaping', PATIENCE_MS), 'stopped');
    assert.deepEqual(processesWith(file), []);
  });

  it('goes on with another executor when its own is frozen beyond the lease, and what the frozen one ran has ended', async () => {
    const run = await makeNoting(100);
    executor.signal('SIGSTOP');
    const other = await startExecutor();
    await assertWentOn(run);
    executor.signal('SIGCONT');
    assert.equal(await executor.stop(), 0);
    executor = other;
  });

  it('goes on when Tarantool is killed', async () => {
    const run = await makeNoting(60);
    await closeClients();
    await tarantool.end('SIGKILL');
    tarantool = await startTarantool({ dataDir: tarantool.dataDir });
    await connect();
    await assertWentOn(run);
  });

  it('ends stopped when the executor is killed while it stops', async () => {
    const file = join(makeFolder(), 'stubborn');
    await workflows.create('stubborn', [
      { function: 'stubborn', params: [file] },
      { function: 'ticks', params: [file] },
    ]);
    await workflows.run('stubborn');
    await workflows.untilTask('stubborn', 't1', 'running', PATIENCE_MS);
    await workflows.stop('stubborn');
    await workflows.untilTask('stubborn', 't1', 'stopping', PATIENCE_MS);
    await executor.kill();
    executor = await startExecutor();
    assert.equal(await workflows.ended('stubborn', PATIENCE_MS), 'stopped');
    assert.match((await workflows.statusesOf('stubborn')).join(), /^(stopped|killed),new$/);
    assert.equal(notesOf(file).length, 1);
  });

  it(`goes on after ${POWER_CUTS} moments at which everything is killed at once`, async () => {
    const folder = makeFolder();
    const runs = Array.from({ length: RUNS }, (_, i) => ({
      name: `cut ${i}`,
      files: Array.from({ length: TASKS }, (_each, j) => join(folder, `task ${i} ${j}`)),
    }));
    for (const { name, files } of runs) {
      await workflows.create(
        name,
        files.map((file, j) => ({
          function: 'ticks',
          params: [file, String(TICKS)],
          exec: j % 3 === 0 ? 'parallel' : 'await',
        })),
      );
      await workflows.run(name);
    }
    for (let cut = 0; cut < POWER_CUTS; cut++) {
      await until('tasks run', () => processesWith(folder).length > 0, PATIENCE_MS);
      await sleep(Math.random() * 2_000);
      await closeClients();
      const victims = [...childrenOf(executor.pid), executor.pid];
      const tarantoolEnd = tarantool.end('SIGKILL');
      for (const pid of victims) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended meanwhile.
        }
      }
      await Promise.all([tarantoolEnd, executor.exited]);
      tarantool = await startTarantool({ dataDir: tarantool.dataDir });
      await connect();
      executor = await startExecutor();
    }
    for (const { name, files } of runs) {
      assert.equal(await workflows.ended(name, PATIENCE_MS), 'success', name);
      for (const file of files) {
        assertOneAtATime(notesOf(file));
        assert.equal(notesOf(file).at(-1)?.what, 'end');
      }
      assertEndedOnce(await workflows.history(name));
    }
  });
});
