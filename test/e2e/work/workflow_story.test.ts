import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { listPids, readProcess } from '../../../app/executor/processes/process_table.js';
import { rpcCaller } from '../../support/http/rpc.js';
import { processesWith, untilGone } from '../../support/processes.js';
import { type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';
import { addUser, callerWith, readAdminToken } from '../../support/users.js';
import { type StatusAnswer, shown, treeOf } from '../../support/work/workflow_calls.js';

const PATIENCE_MS = 120_000;
const PROGRAMS = {
  ends_itself: 'kill -TERM $$',
  deaf: 'trap "" INT TERM; while true; do sleep 0.1; done',
};

type HistoryRow = { task: string | null; status: string; by: string; why: string | null };

describe('workflows of a service with its executor', () => {
  let service: RunningService;
  let call: <Result>(method: string, params: object) => Promise<Result>;

  before(async () => {
    service = await startService({ env: { SVODKA_EXECUTORS: '1' } });
    for (const [name, text] of Object.entries(PROGRAMS)) {
      const path = join(service.dataDir, 'bin', name);
      writeFileSync(path, `#!/bin/bash\n${text}\n`);
      chmodSync(path, 0o755);
    }
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    const { token } = await addUser(service.url, admin, 'burns', ['operator']);
    const rpc = rpcCaller(service.url, token);
    call = (method, params) => rpc.call(`workflow.${method}`, params);
  });
  after(async () => {
    assert.equal(await service.stop(), 0, service.output().slice(-2_000));
  });

  const statusOf = (workflow: string) => call<StatusAnswer>('status', { project: 'pr1', workflow });
  const untilShown = (workflow: string, text: RegExp) =>
    until(
      `${workflow} is ${text}`,
      async () => {
        const status = await statusOf(workflow);
        return text.test(`${status.status}: ${shown(status)}`) && status;
      },
      PATIENCE_MS,
    );
  const forceTask = (task: string, status: string) =>
    call('set_status', { project: 'pr1', workflow: 'all', task, status, why: 'for the test' });

  it('have each status for real', async () => {
    const parallel = (name: string, fn: string, more: object = {}) => ({
      ...{ name, exec: 'parallel', function: fn, tries: 1, grace_s: 1 },
      ...more,
    });
    const tasks = [
      { name: 'good', exec: 'await', function: 'simple' },
      parallel('bad', 'error', { params: ['3'], tries: 2 }),
      parallel('dead', 'ends_itself'),
      parallel('library', 'wait'),
      parallel('deaf', 'deaf'),
      parallel('late', 'wait', { timeout_s: 1 }),
      { name: 'long', exec: 'await', function: 'wait' },
      { name: 'last', exec: 'await', function: 'simple' },
    ];
    await call('create', treeOf('pr1', 'all', tasks));
    const names = tasks.map(({ name }) => name);
    assert.equal(shown(await statusOf('all')), names.map((name) => `${name} not run`).join(', '));

    const { run_id } = await call<{ run_id: number }>('run', { project: 'pr1', workflow: 'all' });
    await untilShown(
      'all',
      /bad error\(3\), dead terminated\(-15\), library running, deaf running, late killed, long running, last new/,
    );
    await forceTask('library', 'waiting');
    assert.deepEqual(await call('stop', { workflow: 'all' }), { run_id, status: 'stopping' });
    await untilShown('all', /stopping: .*library waiting, deaf killed, late killed, long stopped, last new/);
    await forceTask('library', 'running');
    const done = await untilShown('all', /^stopped:/);
    assert.equal(
      shown(done),
      'good success(0), bad error(3), dead terminated(-15), library stopped, deaf killed, late killed, long stopped, last new',
    );
    assert.deepEqual(
      done.tasks.map(({ pid }) => pid),
      names.map(() => null),
    );
    assert.deepEqual(
      done.tasks.map(({ cause }) => cause),
      [
        null,
        { kind: 'exit', code: 3 },
        { kind: 'signal', signal: 'SIGTERM' },
        { kind: 'signal', signal: 'SIGINT' },
        { kind: 'signal', signal: 'SIGKILL' },
        { kind: 'timeout' },
        { kind: 'signal', signal: 'SIGINT' },
        null,
      ],
    );
    const history = await call<HistoryRow[]>('history', { project: 'pr1', workflow: 'all', limit: 1_000 });
    const seen = new Set(history.map(({ status }) => status));
    for (const status of [
      'running',
      'rerun',
      'waiting',
      'stopping',
      'stopped',
      'killed',
      'error',
      'terminated',
      'success',
    ]) {
      assert.ok(seen.has(status), status);
    }
    const stop = history.find(({ task, status }) => task === null && status === 'stopping');
    assert.equal(stop?.by, 'burns');
  });

  it('go on by themselves after the executor was killed, which npm start starts again', async () => {
    await call(
      'create',
      treeOf('pr1', 'wf killed', [
        { name: 'once', exec: 'await', function: 'simple' },
        { name: 'long', exec: 'await', function: 'simple', params: ['3'] },
      ]),
    );
    await call('run', { project: 'pr1', workflow: 'wf killed' });
    const before = await untilShown('wf killed', /once success\(0\), long running/);
    const [run] = await until('ps shows the name', () => {
      const found = processesWith('wf killed');
      return found.length > 0 && found;
    });
    const executor = readProcess(run as number)?.parentPid as number;
    assert.equal(readProcess(executor)?.parentPid, service.child.pid);
    process.kill(executor, 'SIGKILL');
    await untilGone(run as number);
    const after = await untilShown('wf killed', /^success: once success\(0\), long success\(0\)/);
    assert.equal(after.tasks[0]?.['ended'], before.tasks[0]?.['ended']);
    assert.equal(after.tasks[1]?.['attempt'], 1);
    assert.ok((after.tasks[1]?.['started'] as number) > (before.tasks[1]?.['started'] as number));
    const names = { project: 'pr1', workflow: 'wf killed', task: 'long' };
    const [, again, first] = await call<HistoryRow[]>('history', names);
    assert.deepEqual([again?.status, again?.why], ['running', 'started again after its run was interrupted']);
    assert.deepEqual([first?.status, first?.why], ['running', null]);
    const { text } = await call<{ text: string }>('log', names);
    assert.equal(text.match(/^\[20\S+ started again after its run was interrupted\]$/gm)?.length, 1, text);
    const others = listPids().filter((pid) => readProcess(pid)?.parentPid === service.child.pid);
    assert.ok(others.length > 0);
  });

  it('end at once on SIGUSR1 to the process of the run', async () => {
    await call('create', treeOf('pr1', 'wf signalled', [{ name: 'long', exec: 'await', function: 'wait' }]));
    await call('run', { project: 'pr1', workflow: 'wf signalled' });
    await untilShown('wf signalled', /long running/);
    const [run] = processesWith('wf signalled');
    process.kill(run as number, 'SIGUSR1');
    await untilShown('wf signalled', /^stopped: long stopped/);
  });
});
