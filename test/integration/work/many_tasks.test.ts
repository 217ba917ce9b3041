import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JOB_PROCEDURES, type OutcomeTuple } from '../../../app/work/jobs/procedures.js';
import { postRpc } from '../../support/http/rpc.js';
import { useWork } from '../../support/work/work_suite.js';

const TASKS = 10_000;
const BATCH = 1_000;
const AT_ONCE = 50;

const work = useWork();

type Response = { result?: { id: number; priority: number }; error?: { data: { code: string } } };

describe('10,000 queued tasks of one user', () => {
  const queued: { id: number; priority: number }[] = [];

  async function create(count: number): Promise<Response[]> {
    const batch = Array.from({ length: count }, (_, i) => ({
      jsonrpc: '2.0',
      method: 'engine.create',
      id: i,
      params: { script: 'render.scene', priority: ((i * 7) % 201) - 100 },
    }));
    return (await postRpc(work.url, work.gomer.token, JSON.stringify(batch))).body as Response[];
  }

  it('are stored, each once, and no more than these', async () => {
    while (queued.length < TASKS) {
      for (const { result, error } of await create(BATCH)) {
        assert.equal(error, undefined, JSON.stringify(error));
        if (result !== undefined) queued.push(result);
      }
    }
    assert.equal(new Set(queued.map(({ id }) => id)).size, TASKS);
    const refused = await create(2);
    assert.deepEqual(
      refused.map(({ error }) => error?.data.code),
      ['TOO_MANY_TASKS', 'TOO_MANY_TASKS'],
    );
    const { total } = await work.gomer.rpc.call<{ total: number }>('engine.list', { status: 'enqueued' });
    assert.equal(total, TASKS);
  });

  it('are listed in pages that are each of them once', async () => {
    const seen: number[] = [];
    for (let offset = 0; offset < TASKS; offset += 1_000) {
      const params = { order: 'created', offset, limit: 1_000 };
      const page = await work.gomer.rpc.call<{ items: { id: number }[] }>('engine.list', params);
      seen.push(...page.items.map(({ id }) => id));
    }
    assert.deepEqual(
      seen,
      queued.map(({ id }) => id),
    );
  });

  it('are taken once each, by priority and then age, and are all finished then', async () => {
    const taken: number[] = [];
    let [, , jobs] = await work.executorDb.call(JOB_PROCEDURES.pollJobs, ['many', { script: AT_ONCE }, 5]);
    while (jobs.length > 0) {
      taken.push(...jobs.map(([id]) => id));
      const outcomes = jobs.map((job): OutcomeTuple => [job[0], job[26], 'finish', { result: 'null' }]);
      const [, verdicts, next] = await work.executorDb.call(JOB_PROCEDURES.settleJobs, [
        'many',
        outcomes,
        { script: AT_ONCE },
      ]);
      assert.deepEqual(new Set(verdicts), new Set(['ok']));
      jobs = next;
    }
    const inOrder = [...queued].sort((a, b) => b.priority - a.priority || a.id - b.id);
    assert.deepEqual(
      taken,
      inOrder.map(({ id }) => id),
    );
    const { total } = await work.gomer.rpc.call<{ total: number }>('engine.list', { status: 'finished' });
    assert.equal(total, TASKS);
    assert.ok((await create(1))[0]?.result !== undefined, 'there is room again');
  });
});
