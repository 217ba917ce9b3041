import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readProcess } from '../../../app/executor/processes/process_table.js';
import type { PlannedTask } from '../../../app/executor/runs/messages.js';
import { readBootId } from '../../../app/executor/runs/process/leftovers.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { startExecutorProcess } from '../../support/executor/process.js';
import {
  makeBinDir,
  plannedTask,
  type RunProcess,
  SETPRIV,
  startRunProcess,
} from '../../support/executor/run_process.js';
import { makeFolder } from '../../support/folder.js';
import { freePort } from '../../support/ports.js';
import { hasEnded, processesWith, untilGone } from '../../support/processes.js';
import { until } from '../../support/until.js';
import { createWorkflows } from '../../support/work/workflows.js';

const NOBODY = 65_534;
const hasSetpriv = existsSync(SETPRIV);
const isRoot = process.getuid?.() === 0;

const binDir = makeBinDir({
  true: 'exit 0',
  // Notes its begin; never ends by itself.
  notes: 'echo "$$" >>"$1"; while true; do sleep 0.1; done',
  notes_once: 'echo "$$" >>"$1"; exec sleep "$2"',
  hides: 'exec env -i /bin/bash -c "echo \\$\\$ >>$1; while true; do /bin/sleep 0.1; done"',
  escapes:
    'echo "$$" >>"$1"; setsid bash -c "(echo \\$BASHPID >>$1; exec sleep 1000) & exec sleep 1000" </dev/null >/dev/null 2>&1 & exec sleep 1000',
});

function pidsIn(file: string): number[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

const untilNoted = (file: string, count: number): Promise<number[]> =>
  until(`${count} lines are noted`, () => pidsIn(file).length >= count && pidsIn(file));

/** What the database knows of a task after what the process has told. */
function storedTask(task: PlannedTask, { changes }: RunProcess): PlannedTask {
  const its = changes.filter((change) => change.task === task.id);
  const known = its.findLast(({ details }) => details.pid !== undefined)?.details;
  return {
    ...task,
    status: (its.at(-1)?.status ?? 'new') as PlannedTask['status'],
    attempt: its.at(-1)?.details.attempt ?? 0,
    pid: known?.pid ?? null,
    pidStart: known?.pidStart ?? null,
    bootId: known?.bootId ?? null,
  };
}

/** Starts the next process of the run, as after a crash. Without setpriv its tasks outlive it. */
function takeOver(run: RunProcess, tasks: readonly PlannedTask[], head: object = {}): RunProcess {
  return startRunProcess(
    binDir,
    tasks.map((task) => storedTask(task, run)),
    { mark: run.mark, head: { isTakenOver: true, ...head } },
  );
}

async function stop(run: RunProcess): Promise<void> {
  run.send({ type: 'asked', stopBy: 'ann', forced: [] });
  assert.equal(await run.exited, 0);
}

describe('the process of a run that is killed', () => {
  it('takes its tasks with it at once, by the kernel', { skip: !hasSetpriv }, async () => {
    const file = join(makeFolder(), 'noted');
    const run = startRunProcess(binDir, [
      plannedTask(1, { exec: 'parallel', function: 'notes', params: [file] }),
      plannedTask(2, { function: 'notes', params: [file] }),
    ]);
    const pids = await untilNoted(file, 2);
    run.child.kill('SIGKILL');
    assert.equal(await run.exited, 'SIGKILL');
    for (const pid of pids) await untilGone(pid);
  });

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
    it(`does so too after ${signal}`, { skip: !hasSetpriv }, async () => {
      const file = join(makeFolder(), 'noted');
      const run = startRunProcess(binDir, [plannedTask(1, { function: 'notes', params: [file] })]);
      const [pid] = await untilNoted(file, 1);
      run.child.kill(signal);
      assert.equal(await run.exited, signal);
      await untilGone(pid as number);
    });
  }

  it('is taken over: what still runs is killed before it is started again, and uses up no try', async () => {
    const [first, second] = [join(makeFolder(), 'noted'), join(makeFolder(), 'noted')];
    const tasks = [
      plannedTask(1),
      plannedTask(2, { exec: 'parallel', function: 'escapes', params: [first] }),
      plannedTask(3, { function: 'notes', params: [second] }),
      plannedTask(4),
    ];
    const run = startRunProcess(binDir, tasks, { isTiedByKernel: false });
    const old = [...(await untilNoted(first, 2)), ...(await untilNoted(second, 1))];
    await run.pidOf(3);
    run.child.kill('SIGKILL');
    await run.exited;
    for (const pid of old) assert.equal(hasEnded(pid), false, 'nobody has killed it yet');

    const next = takeOver(run, tasks);
    await until('the task runs again', () => pidsIn(second).length === 2);
    for (const pid of old) assert.ok(hasEnded(pid), `${pid} ran on beside its successor`);
    assert.deepEqual(next.statuses().sort(), ['2 running', '3 running'], 'what had ended is not run again');
    const begins = next.changes.filter(({ details }) => details.isRestart);
    assert.deepEqual(
      begins.map(({ details: { attempt, why } }) => [attempt, why]),
      Array(2).fill([1, 'started again after its run was interrupted']),
    );
    await stop(next);
    for (const task of [2, 3]) {
      assert.match(next.logOf(task), /^\[20\d\d-.*Z started again after its run was interrupted\]\n/);
    }
    assert.deepEqual(processesWith(run.mark), []);
  });

  it('is taken over though it was only frozen', async () => {
    const file = join(makeFolder(), 'noted');
    const tasks = [plannedTask(1, { function: 'notes_once', params: [file, '0.2'] }), plannedTask(2)];
    const run = startRunProcess(binDir, tasks);
    await untilNoted(file, 1);
    run.child.kill('SIGSTOP');
    const next = takeOver(run, tasks);
    assert.equal(await run.exited, 'SIGKILL');
    assert.equal(await next.exited, 0);
    assert.equal(next.statuses().at(-1), '0 success');
  });

  it('is taken over though a task has hidden its mark: pid, start time and boot id tell', async () => {
    const file = join(makeFolder(), 'noted');
    const tasks = [plannedTask(1, { function: 'hides', params: [file] })];
    const run = startRunProcess(binDir, tasks, { isTiedByKernel: false });
    const [pid] = await untilNoted(file, 1);
    await run.pidOf(1);
    run.child.kill('SIGKILL');
    await run.exited;
    const next = takeOver(run, tasks);
    await untilNoted(file, 2);
    assert.ok(hasEnded(pid as number));
    await stop(next);
  });

  it('does not take a stranger with the same pid for its task', async () => {
    const file = join(makeFolder(), 'noted');
    const other = startRunProcess(binDir, [plannedTask(1, { function: 'notes', params: [file] })]);
    const [pid] = await untilNoted(file, 1);
    const startTime = readProcess(pid as number)?.startTime as number;
    const strangers = [
      { pidStart: startTime + 1, bootId: readBootId() },
      { pidStart: startTime, bootId: 'another start of the machine' },
    ];
    for (const stranger of strangers) {
      const task = plannedTask(1, { status: 'running', attempt: 1, pid: pid as number, ...stranger });
      const run = startRunProcess(binDir, [task], { head: { isTakenOver: true } });
      assert.equal(await run.exited, 0);
      assert.equal(run.statuses().at(-1), '0 success');
    }
    assert.equal(hasEnded(pid as number), false);
    await stop(other);
  });

  it('while it was stopping, ends stopped and starts nothing', async () => {
    const file = join(makeFolder(), 'noted');
    const tasks = [
      plannedTask(1, { exec: 'parallel', function: 'true', status: 'running', attempt: 1 }),
      plannedTask(2, { function: 'notes', params: [file], status: 'stopping', attempt: 1 }),
      plannedTask(3),
    ];
    const run = startRunProcess(binDir, tasks, { head: { isTakenOver: true, status: 'stopping', stopBy: 'ann' } });
    assert.equal(await run.exited, 0);
    assert.deepEqual(run.statuses(), ['1 stopped', '2 stopped', '0 stopped']);
    assert.deepEqual(pidsIn(file), []);
  });
});

describe('a task that nothing can kill', { skip: !isRoot || !hasSetpriv }, () => {
  // Executors run as an ordinary user; this program belongs to root and becomes root entirely.
  const folder = makeBinDir({ true: 'exit 0' });
  chmodSync(folder, 0o755);
  copyFileSync(SETPRIV, join(folder, 'rooted'));
  chmodSync(join(folder, 'rooted'), 0o4755);
  const rooted = plannedTask(1, {
    function: 'rooted',
    params: ['--reuid', '0', '--regid', '0', '--clear-groups', 'sleep', '1000'],
    graceS: 0,
  });
  const asNobody = { spawn: { uid: NOBODY, gid: NOBODY } };
  const untilRooted = (pid: number) =>
    until('it is root', () => readFileSync(`/proc/${pid}/status`, 'latin1').includes('Uid:\t0\t0\t0\t0'));

  it('is immortal, watched until it is gone, and killed only then; the run ends after it', async () => {
    const run = startRunProcess(folder, [rooted], asNobody);
    const pid = await run.pidOf(1);
    await untilRooted(pid);
    run.send({ type: 'asked', stopBy: 'ann', forced: [] });
    await run.said(1, 'immortal');
    assert.equal(hasEnded(pid), false);
    process.kill(pid, 'SIGKILL');
    assert.equal(await run.exited, 0);
    assert.deepEqual(run.statuses().slice(-4), ['1 stopping', '1 immortal', '1 killed', '0 stopped']);
  });

  it('is shown as immortal with its pid, by an executor that is not root', async () => {
    const tarantool = await startTarantool({ over: { port: await freePort() } });
    const tempDir = makeFolder();
    chownSync(tempDir, NOBODY, NOBODY);
    const env = { SVODKA_WORKFLOW_BIN: folder };
    const executor = await startExecutorProcess(tarantool, folder, { env, tempDir, user: asNobody.spawn });
    const workflows = createWorkflows(await connectClient({ address: tarantool.address }));
    await workflows.create('immortal', [{ function: 'rooted', params: rooted.params, graceS: 0 }]);
    await workflows.run('immortal');
    const { pid } = await workflows.untilTask('immortal', 't1', 'running');
    await untilRooted(pid as number);
    await workflows.stop('immortal');
    const { pid: watched } = await workflows.untilTask('immortal', 't1', 'immortal');
    assert.equal(watched, pid);
    assert.equal((await workflows.read('immortal')).status, 'stopping');
    process.kill(pid as number, 'SIGKILL');
    assert.equal(await workflows.ended('immortal'), 'stopped');
    assert.deepEqual(await workflows.statusesOf('immortal'), ['killed']);
    await executor.stop();
    await closeClients();
    await tarantool.end();
  });

  it('is not started again beside itself after a crash', async () => {
    const run = startRunProcess(folder, [rooted], asNobody);
    const pid = await run.pidOf(1);
    await untilRooted(pid);
    run.child.kill('SIGKILL');
    await run.exited;
    const next = startRunProcess(folder, [storedTask(rooted, run)], {
      ...asNobody,
      mark: run.mark,
      head: { isTakenOver: true },
    });
    const again = startRunProcess(folder, [plannedTask(1)], asNobody);
    assert.equal(await again.exited, 0);
    assert.equal(hasEnded(pid), false);
    assert.deepEqual(next.statuses(), []);
    process.kill(pid, 'SIGKILL');
    const second = await next.pidOf(1);
    assert.notEqual(second, pid);
    await untilRooted(second);
    process.kill(second, 'SIGKILL');
    assert.equal(await next.exited, 0);
    assert.deepEqual(next.statuses(), ['1 running', '1 terminated', '0 error']);
  });
});
