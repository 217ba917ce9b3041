import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HandRun, takeRun } from '../../support/work/hand_run.js';
import { useWork } from '../../support/work/work_suite.js';
import { faultsOf, type SentTask, shown, simpleTask, statusOf, treeOf } from '../../support/work/workflow_calls.js';

const work = useWork();

type Entry = {
  run_id: number | null;
  task: string | null;
  status: string;
  label: string;
  by: string;
  why: string | null;
};
type LogPage = { text: string; from: number; next: number; ended: boolean };
type Reason = { status: string; why: string; task: string | null; log: string[] };
type Estimate = {
  runs: number;
  elapsed_s: number | null;
  left_s: { median: number; p90: number } | null;
  text: string;
};

function call<Result>(method: string, params: object): Promise<Result> {
  return work.operator.rpc.call<Result>(`workflow.${method}`, params);
}

function faults(method: string, params: object) {
  return faultsOf(work.operator, `workflow.${method}`, params);
}

/** Makes a workflow, starts it and takes its run. */
async function begin(project: string, tasks: readonly (SentTask | string)[] = ['a', 'b']): Promise<HandRun> {
  await call('create', treeOf(project, 'w', tasks));
  return beginAgain(project);
}

async function beginAgain(project: string): Promise<HandRun> {
  const { run_id } = await call<{ run_id: number }>('run', { project, workflow: 'w' });
  const run = await takeRun(work.executorDb);
  assert.equal(run.id, run_id);
  return run;
}

async function history(project: string, task?: string): Promise<string[]> {
  const entries = await call<Entry[]>('history', { project, workflow: 'w', ...(task && { task }) });
  return entries.map((entry) => `${entry.task ?? 'run'} ${entry.label} by ${entry.by}`);
}

describe('workflow.run', () => {
  it('answers at once, and the status follows what the executor stores', async () => {
    await call('create', treeOf('runs', 'w', [simpleTask('a', { exec: 'parallel' }), 'b']));
    const answer = await call<{ run_id: number; status: string }>('run', { project: 'runs', workflow: 'w' });
    assert.deepEqual(Object.keys(answer), ['run_id', 'status']);
    assert.equal(answer.status, 'running');
    const begun = await statusOf(work.operator, 'runs', 'w');
    assert.deepEqual(
      [begun.status, begun.run_id, begun.ended, shown(begun)],
      ['running', answer.run_id, null, 'a new, b new'],
    );
    assert.ok(Math.abs((begun.started as number) - Date.now() / 1_000) < 30);
    const run = await takeRun(work.executorDb);
    await run.advance(['a', 'running', { pid: 41, attempt: 1 }], ['b', 'running', { pid: 42, attempt: 1 }]);
    const [a] = (await statusOf(work.operator, 'runs', 'w', 'a')).tasks;
    assert.deepEqual([a?.['status'], a?.['pid'], a?.['attempt'], a?.['place']], ['running', 41, 1, 1]);
    await run.advance(['a', 'error', { code: 3, cause: '{"kind":"exit","code":3}' }], ['b', 'success', { code: 0 }]);
    await run.end('error');
    const ended = await statusOf(work.operator, 'runs', 'w');
    assert.deepEqual([ended.status, shown(ended)], ['error', 'a error(3), b success(0)']);
    assert.ok((ended.ended as number) >= (ended.started as number));
    assert.deepEqual([ended.tasks[0]?.['pid'], ended.tasks[0]?.['cause']], [null, { kind: 'exit', code: 3 }]);
    assert.deepEqual(await history('runs'), [
      'run error by run',
      'b success(0) by run',
      'a error(3) by run',
      'b running by run',
      'a running by run',
      'run running by burns',
    ]);
    assert.deepEqual(await history('runs', 'a'), ['a error(3) by run', 'a running by run']);
    const [list] = await call<{ workflows: { last_run: object }[] }[]>('list', { project: 'runs' });
    const { run_id, started } = ended;
    assert.deepEqual(list?.workflows[0]?.last_run, { run_id, status: 'error', started, ended: ended.ended });
  });

  it('is refused while a run goes on, of one task too, and for names of nothing', async () => {
    const run = await begin('twice');
    for (const task of [undefined, 'a']) {
      const { code, data } = await work.operator.rpc.refusal('workflow.run', {
        ...{ project: 'twice', workflow: 'w' },
        ...(task && { task }),
      });
      assert.deepEqual([code, data?.code], [-32009, 'WORKFLOW_STATE']);
    }
    await run.end('success');
    assert.deepEqual(await faults('run', { project: 'none', workflow: 'w' }), [-32004, 'UNKNOWN_NAME /project']);
    assert.deepEqual(await faults('run', { project: 'twice', workflow: 'v' }), [-32004, 'UNKNOWN_NAME /workflow']);
    assert.deepEqual(await faults('run', { project: 'twice', workflow: 'w', task: 'x' }), [
      -32004,
      'UNKNOWN_NAME /task',
    ]);
    assert.deepEqual(await faults('run', { workflow: '', other: 1 }), [
      -32602,
      'REQUIRED /project',
      'TOO_SHORT /workflow',
      'UNKNOWN_FIELD /other',
    ]);
  });

  it('of one task makes that one new and leaves the others as they were', async () => {
    const first = await begin('single');
    await first.advance(['a', 'success', { code: 0, attempt: 1 }], ['b', 'success', { code: 0, attempt: 1 }]);
    await first.end('success');
    await call('run', { project: 'single', workflow: 'w', task: 'b' });
    assert.equal(shown(await statusOf(work.operator, 'single', 'w')), 'a success(0), b new');
    const second = await takeRun(work.executorDb);
    await second.advance(['b', 'terminated', { code: -15, attempt: 1 }]);
    await second.end('error');
    assert.equal(shown(await statusOf(work.operator, 'single', 'w')), 'a success(0), b terminated(-15)');
  });
});

describe('workflow.stop', () => {
  it('is told to the executor, and answers the same again until the run has ended', async () => {
    const run = await begin('stops');
    await run.advance(['a', 'running', { pid: 1, attempt: 1 }]);
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await call('stop', { workflow: 'w', project: 'stops' }), { run_id: run.id, status: 'stopping' });
    }
    assert.deepEqual(await run.asked(), { stopBy: 'burns', forced: [] });
    assert.equal((await statusOf(work.operator, 'stops', 'w')).status, 'stopping');
    await run.advance(['a', 'stopped', { cause: null }]);
    await run.end('stopped');
    assert.equal(shown(await statusOf(work.operator, 'stops', 'w')), 'a stopped, b new');
    const { code } = await work.operator.rpc.refusal('workflow.stop', { workflow: 'w', project: 'stops' });
    assert.equal(code, -32009);
  });

  it('ends a run that no executor had', async () => {
    await call('create', treeOf('early', 'only_here', ['a']));
    const { run_id } = await call<{ run_id: number }>('run', { project: 'early', workflow: 'only_here' });
    assert.deepEqual(await call('stop', { workflow: 'only_here' }), { run_id, status: 'stopping' });
    assert.equal((await statusOf(work.operator, 'early', 'only_here')).status, 'stopped');
    const { status } = await work.operator.rpc.call<{ status: string }>('engine.status', { task_id: run_id });
    assert.equal(status, 'cancelled');
  });

  it('names the projects when several have the workflow, and 404 when none has', async () => {
    await call('create', treeOf('one', 'shared', ['a']));
    await call('create', treeOf('two', 'shared', ['a']));
    const { code, data } = await work.operator.rpc.refusal('workflow.stop', { workflow: 'shared' });
    assert.equal(code, -32602);
    assert.deepEqual(data?.errors, [
      {
        pointer: '/project',
        code: 'REQUIRED',
        detail: 'several projects have a workflow of this name: one, two',
      },
    ]);
    assert.deepEqual(await faults('stop', { workflow: 'nowhere' }), [-32004, 'UNKNOWN_NAME /workflow']);
  });
});

describe('workflow.set_status', () => {
  it('forces a status, keeps who and why, and answers the row of the task', async () => {
    await call('create', treeOf('forced', 'w', ['a', 'b']));
    const names = { project: 'forced', workflow: 'w', task: 'a' };
    const row = await call<Record<string, unknown>>('set_status', { ...names, status: 'error', why: 'to see it' });
    assert.deepEqual([row['name'], row['status'], row['label'], row['code']], ['a', 'error', 'error', null]);
    const [entry] = await call<Entry[]>('history', { ...names });
    assert.deepEqual([entry?.by, entry?.why, entry?.run_id], ['burns', 'to see it', null]);
    assert.equal(shown(await statusOf(work.operator, 'forced', 'w')), 'a error, b not run');
  });

  it('lets a task that runs wait and run again, and refuses both for one that does not run', async () => {
    const run = await begin('waits');
    const names = { project: 'waits', workflow: 'w', task: 'a' };
    const { code, data } = await work.operator.rpc.refusal('workflow.set_status', { ...names, status: 'waiting' });
    assert.deepEqual([code, data?.code], [-32009, 'WORKFLOW_STATE']);
    await run.advance(['a', 'running', { pid: 7, attempt: 1 }]);
    await call('set_status', { ...names, status: 'waiting' });
    assert.equal(shown(await statusOf(work.operator, 'waits', 'w')), 'a waiting, b new');
    await call('set_status', { ...names, status: 'running' });
    assert.deepEqual(await run.asked(), { stopBy: null, forced: ['waiting', 'running'] });
    assert.deepEqual(await faults('set_status', { ...names, status: 'done' }), [-32602, 'NOT_ALLOWED /status']);
    await run.end('success');
  });
});

describe('workflow.log', () => {
  it('is that of the last run, page by page, and can be waited for', async () => {
    const run = await begin('logs');
    const names = { project: 'logs', workflow: 'w', task: 'a' };
    await run.advance(['a', 'running', { pid: 7, attempt: 1 }]);
    assert.deepEqual(await call<LogPage>('log', names), { text: '', from: 0, next: 0, ended: false });
    await run.log('a', 'первая\n');
    assert.deepEqual(await call<LogPage>('log', { ...names, limit: 3 }), {
      text: 'пе',
      from: 0,
      next: 4,
      ended: false,
    });
    const next = call<LogPage>('log', { ...names, from: 13, wait_s: 60 });
    await run.log('a', 'second\n');
    assert.deepEqual(await next, { text: 'second\n', from: 13, next: 20, ended: false });
    // The last output of a task may come after its end; nothing comes after the end of the run.
    await run.advance(['a', 'success', { code: 0 }]);
    const last = call<LogPage>('log', { ...names, from: 20, wait_s: 60 });
    await run.log('a', 'late\n');
    assert.deepEqual(await last, { text: 'late\n', from: 20, next: 25, ended: false });
    const end = call<LogPage>('log', { ...names, from: 25, wait_s: 60 });
    await run.end('success');
    assert.deepEqual(await end, { text: '', from: 25, next: 25, ended: true });
    const again = await beginAgain('logs');
    assert.deepEqual(await call<LogPage>('log', names), { text: '', from: 0, next: 0, ended: false });
    await again.end('success');
    assert.deepEqual(await call<LogPage>('log', { ...names, wait_s: 60 }), { text: '', from: 0, next: 0, ended: true });
    assert.deepEqual(await faults('log', { ...names, task: 'x' }), [-32004, 'UNKNOWN_NAME /task']);
  });
});

describe('workflow.why', () => {
  const why = (project: string) => call<Reason>('why', { project, workflow: 'w' });

  it('says what a run waits for, and how it ended, with the last lines of the task that failed', async () => {
    await call('create', treeOf('reasons', 'w', ['a', 'b']));
    assert.match((await why('reasons')).why, /has not been run/);
    await call('run', { project: 'reasons', workflow: 'w' });
    assert.match((await why('reasons')).why, /waits for an executor/);
    const run = await takeRun(work.executorDb);
    await run.advance(['a', 'running', { pid: 7, attempt: 1 }]);
    const waiting = await why('reasons');
    assert.match(waiting.why, /^The run waits for a, which runs, for .* by now\.$/);
    assert.deepEqual([waiting.task, waiting.log], ['a', []]);
    await run.log('a', Array.from({ length: 300 }, (_, i) => `line ${i}\n`).join(''));
    await run.advance(['a', 'error', { code: 3, attempt: 2, cause: '{"kind":"exit"}' }]);
    await run.end('error');
    assert.deepEqual(await why('reasons'), {
      ...{ project: 'reasons', workflow: 'w', status: 'error', run_id: run.id },
      why: 'The run failed: a ended as error(3) in attempt 2.',
      task: 'a',
      log: ['line 295', 'line 296', 'line 297', 'line 298', 'line 299'],
    });
    const second = await beginAgain('reasons');
    await call('stop', { project: 'reasons', workflow: 'w' });
    assert.match((await why('reasons')).why, /^burns asked the run to stop; it is about to end\.$/);
    await second.end('stopped');
    assert.equal((await why('reasons')).why, 'burns stopped the run; 2 tasks were not started.');
  });
});

describe('workflow.eta', () => {
  it('estimates from earlier runs that succeeded, and says when there is none', async () => {
    const names = { project: 'etas', workflow: 'w' };
    await call('create', treeOf('etas', 'w', ['a']));
    const first = await call<Estimate>('eta', names);
    assert.deepEqual(
      [first.runs, first.elapsed_s, first.left_s, first.text],
      [0, null, null, 'no earlier run that succeeded'],
    );
    const { started } = await statusOf(work.operator, 'etas', 'w');
    assert.equal(started, null);
    for (const status of ['error', 'success'] as const) {
      const run = await beginAgain('etas');
      const { started: at } = await statusOf(work.operator, 'etas', 'w');
      await run.advance(['', status, { at: (at as number) + 100 }]);
      await run.settle();
    }
    const idle = await call<Estimate>('eta', names);
    assert.deepEqual([idle.runs, idle.elapsed_s], [1, null]);
    assert.ok(Math.abs((idle.left_s?.median as number) - 100) < 0.01);
    assert.equal(idle.text, 'a run takes about 100 s, 100 s at most in 9 of 10 (from 1 earlier run)');
    const run = await beginAgain('etas');
    const going = await call<Estimate>('eta', names);
    assert.ok((going.elapsed_s as number) >= 0 && (going.left_s?.p90 as number) <= 100);
    assert.match(going.text, /^left: about /);
    await run.end('success');
  });
});

describe('a run in the engine', () => {
  it('is no task: the faces for tasks do not have it, and it is neither cancelled nor retried there', async () => {
    const run = await begin('hidden');
    for (const path of [
      `tasks/${run.id}`,
      `task_history/${run.id}`,
      `tasks/${run.id}/events`,
      `tasks/${run.id}/result`,
    ]) {
      assert.equal((await work.operator.get(`/api/v1/${path}`)).status, 404, path);
    }
    assert.equal((await work.operator.send('POST', `/api/v1/tasks/${run.id}/cancel`)).status, 404);
    const tasks = await work.operator.get<{ id: number }[]>('/api/v1/tasks/');
    assert.ok(tasks.body.every(({ id }) => id !== run.id));
    const { task_id, id } = await work.operator.rpc.call<{ task_id: string; id: number }>('engine.create', {
      script: 'render.scene',
    });
    const statuses = await work.operator.get<{ task: number }[]>('/api/v1/statuses/');
    assert.deepEqual(
      statuses.body.map(({ task }) => task),
      [id],
    );
    await work.operator.rpc.call('engine.cancel', { task_id });
    for (const method of ['engine.cancel', 'engine.retry']) {
      const { code, data } = await work.operator.rpc.refusal(method, { task_id: run.id });
      assert.deepEqual([code, data?.code], [-32009, 'WRONG_STATE'], method);
      assert.match(data?.detail ?? '', /workflow\.(stop|run)/);
    }
    const { items } = await work.operator.rpc.call<{ items: Record<string, unknown>[] }>('engine.list', {
      type: 'run',
      meta: { project: 'hidden' },
    });
    assert.deepEqual(
      items.map(({ id, script, status }) => [id, script, status]),
      [[run.id, 'hidden/w', 'working']],
    );
    await run.end('success');
  });
});
