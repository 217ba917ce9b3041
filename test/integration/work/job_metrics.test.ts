import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openEvents } from '../../support/http/events.js';
import { readMetrics } from '../../support/metrics.js';
import { useWork } from '../../support/work/work_suite.js';

const work = useWork();

describe('the metrics of jobs', () => {
  it('count them by what they wait for, executors, and watchers', async () => {
    const jobs = async () => {
      const metrics = await readMetrics(work.url);
      return ['ready', 'waiting', 'working', 'ended'].map((state) => metrics.value('svodka_jobs', { state }));
    };
    const create = (params: object = {}) =>
      work.gomer.rpc.call<{ id: number }>('engine.create', { script: 'render.scene', ...params });
    assert.deepEqual(await jobs(), [0, 0, 0, 0]);
    const { id } = await create();
    const later = await create({ run_at: Date.now() / 1_000 + 3_600 });
    assert.deepEqual(await jobs(), [1, 1, 0, 0]);
    assert.equal((await readMetrics(work.url)).value('svodka_executors'), 0);
    const held = await work.executor.take(id);
    assert.deepEqual(await jobs(), [0, 1, 1, 0]);
    const headers = { Authorization: `Token ${work.gomer.token}` };
    const source = await openEvents(`${work.url}/api/v1/tasks/${id}/events`, headers);
    await source.next('status');
    assert.equal((await readMetrics(work.url)).value('svodka_task_watchers'), 1);
    await held.fail('no');
    await work.gomer.rpc.call('engine.cancel', { task_id: later.id });
    assert.deepEqual(await jobs(), [0, 0, 0, 2]);
    const metrics = await readMetrics(work.url);
    const ended = ['finished', 'failed', 'cancelled'].map((status) =>
      metrics.value('svodka_jobs_ended_total', { status }),
    );
    assert.deepEqual(ended, [0, 1, 1]);
    assert.deepEqual(
      ['svodka_executors', 'svodka_executors_waiting', 'svodka_oldest_ready_job_seconds'].map((name) =>
        metrics.value(name),
      ),
      [1, 0, 0],
    );
  });
});
