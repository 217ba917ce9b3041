import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { makeBinDir, plannedTask, startRunProcess } from '../../support/executor/run_process.js';
import { makeFolder } from '../../support/folder.js';
import { hasEnded, processesWith } from '../../support/processes.js';
import { until } from '../../support/until.js';

const PATIENCE_MS = 60_000;

const binDir = makeBinDir({
  true: 'exit 0',
  says: 'echo "said $*"; echo "wrong $*" >&2',
  exits: 'exit "$1"',
  kills_itself: 'kill -TERM $$',
  sleeps: 'exec sleep "$1"',
  deaf: 'trap "" INT; echo ready; while true; do sleep 0.1; done',
  stubborn: 'trap "" INT TERM; echo ready; while true; do sleep 0.1; done',
  second_try: 'if [ -e "$1" ]; then exit 0; fi; touch "$1"; exit 4',
  environment: 'env; exec 2>&1; readlink /proc/self/fd/0; pwd',
  leaves: 'sleep 1000 & echo $! >"$1"; exit 0',
  escapes:
    'setsid bash -c "sleep 1000 & echo \\$! >>$1; (sleep 1000 & echo \\$! >>$1) & sleep 1000" </dev/null >/dev/null 2>&1 & until [ "$(wc -l <"$1" 2>/dev/null)" = 2 ]; do sleep 0.02; done; exec sleep "$2"',
  prints: 'for i in $(seq "$1"); do echo "line $i строка"; done',
});

function pidsIn(file: string): number[] {
  return readFileSync(file, 'utf8').trim().split('\n').map(Number);
}

describe('the process of a run', () => {
  it('runs tasks by place, awaits the awaited ones and the parallel ones at the end', async () => {
    const run = startRunProcess(binDir, [
      plannedTask(7, { exec: 'parallel', function: 'sleeps', params: ['0.3'] }),
      plannedTask(3, { function: 'says', params: ['a b', '$HOME', '; exit 3', '日'] }),
      plannedTask(5),
    ]);
    assert.equal(await run.exited, 0);
    assert.deepEqual(run.statuses(), [
      '7 running',
      '3 running',
      '3 success',
      '5 running',
      '5 success',
      '7 success',
      '0 success',
    ]);
    assert.equal(
      run.logOf(3).split('\n').sort().join('\n').trim(),
      'said a b $HOME ; exit 3 日\nwrong a b $HOME ; exit 3 日',
    );
    const times = run.changes.map(({ details }) => details.at);
    assert.deepEqual(
      times,
      [...new Set(times)].sort((a, b) => a - b),
      'no two changes have one time',
    );
  });

  it('starts no task before its begin is stored', async () => {
    const file = `${makeFolder()}/tried`;
    const run = startRunProcess(binDir, [plannedTask(1, { function: 'second_try', params: [file], tries: 2 })]);
    run.isStoring = false;
    await run.said(1, 'running');
    run.child.kill('SIGUSR1');
    await run.said(0, 'stopping');
    assert.equal(processesWith(file).length, 0);
    run.child.kill('SIGKILL');
    await run.exited;
  });

  it('runs a task again after an error, while it has tries', async () => {
    const file = `${makeFolder()}/tried`;
    const run = startRunProcess(binDir, [
      plannedTask(1, { function: 'second_try', params: [file], tries: 2 }),
      plannedTask(2, { exec: 'parallel', function: 'exits', params: ['5'], tries: 2 }),
      plannedTask(3, { exec: 'parallel', function: 'kills_itself' }),
      plannedTask(4, { exec: 'parallel', function: 'nowhere' }),
      plannedTask(5, { exec: 'parallel', function: '../bin/true' }),
    ]);
    assert.equal(await run.exited, 0);
    const of = (task: number) => run.changes.filter((each) => each.task === task && each.details.pid === undefined);
    assert.deepEqual(
      of(1).map(({ status, details: { attempt, code } }) => [status, attempt, code]),
      [
        ['running', 1, undefined],
        ['rerun', 1, 4],
        ['running', 2, undefined],
        ['success', 2, 0],
      ],
    );
    assert.deepEqual(
      of(2).map(({ status, details: { code } }) => [status, code]),
      [
        ['running', undefined],
        ['rerun', 5],
        ['running', undefined],
        ['error', 5],
      ],
    );
    assert.deepEqual(of(3).at(-1)?.details.code, -15);
    assert.equal(of(3).at(-1)?.status, 'terminated');
    assert.equal(of(3).at(-1)?.details.cause, '{"kind":"signal","signal":"SIGTERM"}');
    assert.equal(of(2).at(-1)?.details.cause, '{"kind":"exit","code":5}');
    for (const task of [4, 5]) {
      assert.deepEqual([of(task).at(-1)?.status, of(task).at(-1)?.details.cause], ['error', '{"kind":"start"}']);
    }
    assert.equal(run.statuses().at(-1), '0 error');
  });

  it('ends with an error when an awaited task fails, and stops the parallel ones', async () => {
    const run = startRunProcess(binDir, [
      plannedTask(1, { exec: 'parallel', function: 'sleeps', params: ['1000'] }),
      plannedTask(2, { function: 'exits', params: ['3'] }),
      plannedTask(3),
    ]);
    assert.equal(await run.exited, 0);
    assert.deepEqual(run.statuses().slice(2), ['2 error', '0 stopping', '1 stopping', '1 stopped', '0 error']);
  });

  it('stops when it is asked, in stages: SIGINT, SIGTERM after grace_s, SIGKILL after 2 s', async () => {
    const run = startRunProcess(binDir, [
      plannedTask(1, { exec: 'parallel', function: 'sleeps', params: ['1000'] }),
      plannedTask(2, { exec: 'parallel', function: 'deaf', graceS: 1 }),
      plannedTask(3, { exec: 'parallel', function: 'stubborn', graceS: 1 }),
      plannedTask(4, { function: 'sleeps', params: ['1000'] }),
      plannedTask(5),
    ]);
    await until('all run', () => run.logOf(2) !== '' && run.logOf(3) !== '', PATIENCE_MS);
    await run.pidOf(4);
    run.send({ type: 'asked', stopBy: 'ann', forced: [] });
    run.send({ type: 'asked', stopBy: 'ann', forced: [] });
    assert.equal(await run.exited, 0);
    const last = (task: number) => run.changes.findLast((each) => each.task === task);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 0].map((task) => last(task)?.status),
      ['stopped', 'killed', 'killed', 'stopped', undefined, 'stopped'],
    );
    const at = (task: number, status: string) =>
      run.changes.find((each) => each.task === task && each.status === status)?.details.at as number;
    assert.ok(at(2, 'killed') - at(2, 'stopping') >= 0.9);
    assert.ok(at(3, 'killed') - at(3, 'stopping') >= 2.9);
    assert.equal(run.changes.find(({ task }) => task === 0)?.details.by, 'ann');
  });

  it('stops on SIGUSR1', async () => {
    const run = startRunProcess(binDir, [plannedTask(1, { function: 'sleeps', params: ['1000'] })]);
    await run.pidOf(1);
    run.child.kill('SIGUSR1');
    assert.equal(await run.exited, 0);
    assert.deepEqual(run.statuses(), ['1 running', '0 stopping', '1 stopping', '1 stopped', '0 stopped']);
    assert.equal((await run.said(0, 'stopping')).details.by, 'SIGUSR1');
  });

  it('does not touch a task that waits until it does so no more', async () => {
    const run = startRunProcess(binDir, [
      plannedTask(1, { exec: 'parallel', function: 'sleeps', params: ['1000'], timeoutS: 1 }),
      plannedTask(2, { function: 'sleeps', params: ['1000'] }),
    ]);
    await run.pidOf(1);
    await run.pidOf(2);
    run.send({ type: 'asked', stopBy: null, forced: [{ task: 1, status: 'waiting', by: 'ann' }] });
    await run.said(1, 'waiting');
    run.send({ type: 'asked', stopBy: 'ann', forced: [] });
    await run.said(2, 'stopped');
    assert.equal(
      hasEnded(run.changes.find(({ task, details }) => task === 1 && details.pid)?.details.pid as number),
      false,
    );
    run.send({ type: 'asked', stopBy: 'ann', forced: [{ task: 1, status: 'running', by: 'ann' }] });
    assert.equal(await run.exited, 0);
    assert.deepEqual(run.statuses().slice(-4), ['1 running', '1 stopping', '1 stopped', '0 stopped']);
  });

  it('ends a task after timeout_s, which is one failed try', async () => {
    const run = startRunProcess(binDir, [
      plannedTask(1, { function: 'sleeps', params: ['1000'], timeoutS: 0.2, tries: 2 }),
    ]);
    assert.equal(await run.exited, 0);
    const states = ['1 running', '1 stopping', '1 rerun', '1 running', '1 stopping', '1 killed', '0 error'];
    assert.deepEqual(run.statuses(), states);
    assert.equal((await run.said(1, 'killed')).details.cause, '{"kind":"timeout"}');
  });

  it('gives a task its environment, no input and no shell', async () => {
    const run = startRunProcess(
      binDir,
      [
        plannedTask(1, { function: 'environment', env: { COLOUR: 'red', SVODKA_RUN: 'forged' } }),
        // The process is there as long as its name is looked at.
        plannedTask(2, { function: 'sleeps', params: ['1000'] }),
      ],
      { name: 'рабочий процесс' },
    );
    const { pid } = run;
    await run.pidOf(2);
    assert.equal(await until('it has its name', () => nameOf(pid)), 'рабочий процесс');
    run.child.kill('SIGUSR1');
    assert.equal(await run.exited, 0);
    const lines = run.logOf(1).split('\n');
    for (const line of ['COLOUR=red', `SVODKA_RUN=${run.mark}`, 'SVODKA_TASK=1', '/dev/null', '/']) {
      assert.ok(lines.includes(line), `${line} in ${lines.join('\n')}`);
    }
  });

  it('kills what a task leaves in its group when it ends, and what left the group when the run ends', async () => {
    const [left, escaped] = [`${makeFolder()}/left`, `${makeFolder()}/escaped`];
    const run = startRunProcess(binDir, [
      plannedTask(1, { function: 'leaves', params: [left] }),
      plannedTask(2, { function: 'escapes', params: [escaped, '0'] }),
      plannedTask(3, { function: 'sleeps', params: ['0.5'] }),
    ]);
    await run.said(3, 'running');
    for (const pid of pidsIn(left)) await until('it is killed', () => hasEnded(pid));
    assert.equal(await run.exited, 0);
    for (const pid of pidsIn(escaped)) assert.ok(hasEnded(pid));
    assert.equal(processesWith(run.mark).length, 0);
  });

  it('keeps the last MiB of what a task prints, whole characters', async () => {
    const run = startRunProcess(binDir, [plannedTask(1, { function: 'prints', params: ['20000'] })]);
    assert.equal(await run.exited, 0);
    assert.ok(run.logOf(1).endsWith('line 20000 строка\n'));
    assert.ok(!run.logOf(1).includes('\ufffd'));
  });

  it('ends everything when its executor is gone', async () => {
    const escaped = `${makeFolder()}/escaped`;
    const run = startRunProcess(binDir, [
      plannedTask(1, { exec: 'parallel', function: 'stubborn' }),
      plannedTask(2, { function: 'escapes', params: [escaped, '1000'] }),
    ]);
    const pids = [await run.pidOf(1), await run.pidOf(2)];
    await until('it escaped', () => processesWith(escaped).length > 0);
    run.child.stdio[3]?.destroy();
    assert.equal(await run.exited, 0);
    for (const pid of pids) assert.ok(hasEnded(pid));
    assert.equal(processesWith(run.mark).length, 0);
  });
});

function nameOf(pid: number): string | undefined {
  const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  return text.startsWith(process.execPath) ? undefined : text;
}
