import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EventSource, openEvents } from '../../support/http/events.js';
import { readMetrics } from '../../support/metrics.js';
import { until } from '../../support/until.js';
import { takeRun } from '../../support/work/hand_run.js';
import { useWork } from '../../support/work/work_suite.js';
import { type StatusAnswer, simpleTask, statusOf, treeOf } from '../../support/work/workflow_calls.js';

const work = useWork();

function call<Result>(method: string, params: object): Promise<Result> {
  return work.operator.rpc.call<Result>(`workflow.${method}`, params);
}

function open(project: string, workflow = 'w', token = work.operator.token): Promise<EventSource> {
  const query = new URLSearchParams({ project, workflow });
  return openEvents(`${work.url}/workflows/events?${query}`, { Authorization: `Token ${token}` });
}

/** What a client knows that applies the events in order. */
function apply(events: EventSource['events']): StatusAnswer | undefined {
  let known: StatusAnswer | undefined;
  for (const { event, data } of events) {
    const answer = data as unknown as StatusAnswer;
    if (event === 'status') known = answer;
    else if (known !== undefined) {
      const changed = new Map(answer.tasks.map((task) => [task.name, task]));
      known = { ...answer, tasks: known.tasks.map((task) => changed.get(task.name) ?? task) };
    }
  }
  return known;
}

/** Waits until the events tell what workflow.status answers. */
async function caughtUp(source: EventSource, project: string): Promise<void> {
  const status = await statusOf(work.operator, project, 'w');
  await until('the events tell the status', () => {
    try {
      assert.deepEqual(apply(source.events), status);
      return true;
    } catch {
      return undefined;
    }
  });
}

describe('GET /workflows/events', () => {
  it('tells the workflow, then what changes, a new run and a new tree', async () => {
    await call('create', treeOf('live', 'w', ['a', 'b']));
    const source = await open('live');
    await caughtUp(source, 'live');
    await call('run', { project: 'live', workflow: 'w' });
    await caughtUp(source, 'live');
    const run = await takeRun(work.executorDb);
    await run.advance(['a', 'running', { attempt: 1 }]);
    await caughtUp(source, 'live');
    await run.advance(['a', 'running', { attempt: 1, pid: 5 }]);
    await caughtUp(source, 'live');
    await run.advance(['a', 'success', { code: 0 }], ['b', 'running', { attempt: 1 }]);
    await call('set_status', { project: 'live', workflow: 'w', task: 'b', status: 'waiting' });
    await caughtUp(source, 'live');
    await run.end('success');
    await caughtUp(source, 'live');
    await call('create', treeOf('live', 'w', [simpleTask('c', { place: 1 })]));
    await caughtUp(source, 'live');
    assert.equal((await readMetrics(work.url)).value('svodka_workflow_watchers'), 1);
    const changes = source.events.filter(({ event }) => event === 'change');
    assert.ok(changes.length > 0);
    for (const { data } of changes) assert.ok((data['tasks'] as unknown[]).length <= 2);
    source.close();
  });

  it('leaves the tasks out when there are many, and ends when the workflow is deleted', async () => {
    await call(
      'create',
      treeOf(
        'many',
        'w',
        Array.from({ length: 101 }, (_, i) => `t${i}`),
      ),
    );
    const source = await open('many');
    assert.equal((await source.next('status')).data['tasks'], null);
    await call('delete', treeOf('many', 'w'));
    await until('the stream is over', () => source.isOver() || undefined);
  });

  it('is refused for what is not there, without names, and to users who are no operators', async () => {
    await assert.rejects(open('nothing'), /answered 404/);
    const missing = await work.operator.get<{ errors: { pointer: string; code: string }[] }>('/workflows/events');
    assert.equal(missing.status, 400);
    assert.deepEqual(
      missing.body.errors.map(({ pointer, code }) => `${code} ${pointer}`),
      ['REQUIRED /query/project', 'REQUIRED /query/workflow'],
    );
    await assert.rejects(open('live', 'w', work.gomer.token), /answered 403/);
  });
});
