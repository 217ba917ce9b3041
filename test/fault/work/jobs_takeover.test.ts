import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ServiceError } from '../../../app/errors.js';
import { JOB_PROCEDURES } from '../../../app/work/jobs/procedures.js';
import { createJobsRepository } from '../../../app/work/jobs/repository.js';
import { closeClients, connectClient, connectExecutor, outcomeOf } from '../../support/db/db_client.js';
import { type Replicas, startReplicas } from '../../support/db/replicas.js';
import { jobSpec } from '../../support/jobs.js';
import { until } from '../../support/until.js';

let replicas: Replicas;
afterEach(async () => {
  await closeClients();
  await replicas.stop();
});

describe('a takeover, for the job engine', () => {
  it('leaves jobs with those who work on them, and what is long is there: arguments and logs', async () => {
    replicas = await startReplicas();
    const old = await connectClient({ address: replicas.nodes[0].address });
    const next = await connectClient({ address: replicas.nodes[1].address });
    const oldExecutor = await connectExecutor({ address: replicas.nodes[0].address });
    const nextExecutor = await connectExecutor({ address: replicas.nodes[1].address });
    const args = JSON.stringify('x'.repeat(300_000));
    const [outcomes] = await old.call(JOB_PROCEDURES.createJobs, [[jobSpec({ args }), jobSpec({ key: 'k' })], null]);
    const ids = outcomes.map((outcome) => (outcome[0] ? outcome[1][0] : 0));
    const [workingId, readyId] = ids as [number, number];
    const [, , [taken]] = await oldExecutor.call(JOB_PROCEDURES.pollJobs, ['e1', { script: 1 }, 5]);
    assert.equal(taken?.[0], workingId);
    const lease = taken[26];
    await oldExecutor.call(JOB_PROCEDURES.reportJobs, ['e1', [[workingId, lease, null, 0, 'one\n']]]);

    const jobs = createJobsRepository(next);
    await until('the replica has the log', async () => {
      try {
        return (await jobs.log(workingId, 0, 100)).text === 'one\n';
      } catch (reason) {
        assert.ok(reason instanceof ServiceError && reason.code === 'TASK_NOT_FOUND');
        return false;
      }
    });
    assert.equal(
      await outcomeOf(nextExecutor.call(JOB_PROCEDURES.pollJobs, ['e1', { script: 1 }, 5])),
      'DATABASE_AWAY',
    );
    assert.equal(
      await outcomeOf(nextExecutor.call(JOB_PROCEDURES.renewJobs, ['e1', [workingId, lease]])),
      'DATABASE_AWAY',
    );

    const { code, text } = await replicas.nodes[1].takeOver();
    assert.equal(code, 0, text);
    assert.equal(
      await outcomeOf(oldExecutor.call(JOB_PROCEDURES.renewJobs, ['e1', [workingId, lease]])),
      'DATABASE_AWAY',
    );
    assert.deepEqual((await nextExecutor.call(JOB_PROCEDURES.renewJobs, ['e1', [workingId, lease]])).slice(1), [
      [],
      [],
    ]);
    await nextExecutor.call(JOB_PROCEDURES.reportJobs, ['e1', [[workingId, lease, null, 4, 'two\n']]]);
    const outcome = [workingId, lease, 'finish', { result: '1' }] as const;
    const [, verdicts, more] = await nextExecutor.call(JOB_PROCEDURES.settleJobs, ['e1', [outcome], { script: 1 }]);
    assert.deepEqual([verdicts, more.map(([id]) => id)], [['ok'], [readyId]]);
    assert.equal((await jobs.log(workingId, 0, 100)).text, 'one\ntwo\n');
    assert.equal(await jobs.textOf(workingId, 'args'), args);
    const [again] = await next.call(JOB_PROCEDURES.createJobs, [[jobSpec({ key: 'k' }), jobSpec()], null]);
    assert.deepEqual(
      again.map((stored) => stored[0] && stored[1][0] > readyId),
      [false, true],
      'the key of the open job is known, and new ids go on',
    );
  });
});
