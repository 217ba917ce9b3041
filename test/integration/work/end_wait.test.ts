import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createChangeFeed } from '../../../app/db/change_feed.js';
import { createJobsRepository, type JobsRepository } from '../../../app/work/jobs/repository.js';
import { createEndWait, type EndWait } from '../../../app/work/jobs/watching/end_wait.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { createTasks, type Tasks } from '../../support/executor/tasks.js';

describe('waiting for the end of a job', () => {
  let tarantool: RunningTarantool;
  let jobs: JobsRepository;
  let tasks: Tasks;
  let looks = 0;
  let waitForEnd: EndWait;
  before(async () => {
    tarantool = await startTarantool();
    const db = await connectClient({ address: tarantool.address });
    jobs = createJobsRepository(db);
    tasks = createTasks(db);
    waitForEnd = createEndWait(createChangeFeed(jobs.changes), (id) => {
      looks++;
      return jobs.get(id);
    });
  });
  after(async () => {
    await closeClients();
    await tarantool.end();
  });

  it('ends when nobody wants the answer any more, with the job as it is', async () => {
    const { id } = await tasks.create('a.b');
    const over = new AbortController();
    const wait = waitForEnd(id, 60_000, over.signal);
    over.abort();
    assert.equal((await wait).status, 'enqueued');
    assert.equal((await waitForEnd(id, 60_000, over.signal)).status, 'enqueued');
  });

  it('ends with the job, however soon that comes, and looks only when there is news', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await tasks.create('a.b');
      looks = 0;
      const wait = waitForEnd(id, 60_000, new AbortController().signal);
      if (round % 2 === 0) await new Promise(setImmediate);
      await jobs.cancel(id, 'gomer');
      assert.equal((await wait).status, 'cancelled');
      assert.ok(looks <= 3, `${looks}`);
    }
  });
});
