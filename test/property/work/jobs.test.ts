import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Client } from '../../../app/db/client.js';
import { JOB_PROCEDURES, type JobTuple, type JobType } from '../../../app/work/jobs/procedures.js';
import { closeClients, connectClient, connectExecutor, outcomeOf } from '../../support/db/db_client.js';
import type { RunningTarantool } from '../../support/db/tarantool.js';
import { JOBS_TEST, jobSpec, startJobsTarantool } from '../../support/jobs.js';
import { CANCELLER, createJobsModel, type ModelJob } from '../../support/jobs_model.js';
import { IS_NIGHTLY } from '../../support/nightly.js';

const RUNS = IS_NIGHTLY ? 600 : 40;
const CAUSE = '{"kind":"error"}';

const executor = fc.constantFrom('e1', 'e2', 'e3');
const capacity = fc.record({ script: fc.nat(3), run: fc.nat(2) });
/** A job by its index among those of the run, modulo their number. */
const whichJob = fc.nat(1000);
/** Usually the current lease, otherwise an earlier one or one that never existed. */
const leaseOff = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.constantFrom(-1, 1) });
const event = fc.constantFrom('finish' as const, 'fail' as const, 'stop' as const);

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      type: fc.constantFrom<JobType>('script', 'script', 'run'),
      user: fc.constantFrom('gomer', 'lisa'),
      priority: fc.constantFrom(-100, 0, 0, 7, 100),
      maxAttempts: fc.integer({ min: 1, max: 3 }),
      backoffS: fc.constantFrom(1, 30, 2000),
      delayS: fc.option(fc.constantFrom(-50, 5, 40)),
      key: fc.option(fc.constantFrom('k1', 'k2'), { freq: 3 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('take' as const), executor, capacity }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      outcomes: fc.array(fc.record({ whichJob, leaseOff, event }), { minLength: 1, maxLength: 4 }),
      next: fc.option(fc.record({ executor, capacity })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('renew' as const),
      executor,
      holdings: fc.array(fc.record({ whichJob, leaseOff }), { maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      reports: fc.array(fc.record({ whichJob, leaseOff, fraction: fc.double({ min: 0, max: 1, noNaN: true }) }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), whichJob }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retry' as const), whichJob }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.constantFrom(1, 4, 9, 11, 60, 4000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

describe('the job engine, beside a model of it', () => {
  let tarantool: RunningTarantool;
  let db: Client;
  let executorDb: Client;

  before(async () => {
    tarantool = await startJobsTarantool();
    db = await connectClient({ address: tarantool.address });
    executorDb = await connectExecutor({ address: tarantool.address });
  });
  afterEach(() => db.call(JOBS_TEST.endAll, []));
  after(async () => {
    await closeClients();
    await tarantool.end();
  });

  async function restart(nowS: number): Promise<void> {
    await closeClients();
    await tarantool.end('SIGKILL');
    tarantool = await startJobsTarantool({ dataDir: tarantool.dataDir, nowS });
    db = await connectClient({ address: tarantool.address });
    executorDb = await connectExecutor({ address: tarantool.address });
  }

  /** The compared fields of a job, read from the database. */
  async function stored(id: number): Promise<unknown> {
    const [tuple] = await db.call(JOB_PROCEDURES.getJob, [id]);
    const [, rows] = await db.call(JOB_PROCEDURES.jobHistory, [id, null, 1000]);
    const history = rows.map(([, , status, , attempt, cause, by]) => {
      const kind = cause === null ? '' : ` ${JSON.parse(cause).kind}`;
      return `${status} ${attempt}${kind} by ${by}`;
    });
    return {
      status: tuple[5],
      attempt: tuple[11],
      lastAttempt: tuple[13],
      faults: tuple[14],
      lease: tuple[26],
      lockedBy: tuple[27] ?? undefined,
      isCancelled: tuple[28] !== null,
      progress: tuple[21],
      history,
    };
  }

  function expected({ state, progress, history }: ModelJob): unknown {
    const { status, attempt, lastAttempt, faults, lease, lockedBy, isCancelled } = state;
    return { status, attempt, lastAttempt, faults, lease, lockedBy, isCancelled, progress, history };
  }

  async function run(actions: readonly Action[]): Promise<void> {
    await db.call(JOBS_TEST.endAll, []);
    const model = createJobsModel((await db.call(JOBS_TEST.advance, [0]))[0]);
    const leases = new Set<string>();
    const pick = (which: number): ModelJob | undefined => model.jobs[which % model.jobs.length];

    function checkTaken(taken: readonly JobTuple[], ids: readonly number[]): void {
      assert.deepEqual(
        taken.map(([id]) => id),
        ids,
      );
      for (const tuple of taken) {
        const lease = `${tuple[0]} ${tuple[26]}`;
        assert.ok(!leases.has(lease), `two holders under one lease: ${lease}`);
        leases.add(lease);
      }
    }

    async function act(step: Action): Promise<void> {
      switch (step.kind) {
        case 'create': {
          const runAt = step.delayS === null ? null : model.now() + step.delayS;
          const spec = { ...step, runAt };
          const known = model.withKey(spec);
          const [outcomes] = await db.call(JOB_PROCEDURES.createJobs, [[jobSpec(spec)], null]);
          const outcome = outcomes[0];
          assert.ok(outcome?.[0]);
          if (known === undefined) model.create(outcome[1][0], spec);
          else assert.equal(outcome[1][0], known.id);
          return;
        }
        case 'take': {
          const [, , taken] = await executorDb.call(JOB_PROCEDURES.pollJobs, [step.executor, step.capacity, 0]);
          return checkTaken(taken, model.take(step.executor, step.capacity));
        }
        case 'settle': {
          const chosen = step.outcomes.flatMap(({ whichJob: which, ...rest }) => {
            const job = pick(which);
            return job === undefined ? [] : [{ job, lease: Math.max(0, job.state.lease + rest.leaseOff), ...rest }];
          });
          const outcomes = chosen.map(({ job, lease, event: kind }) => {
            const body = kind === 'finish' ? { result: '1' } : kind === 'fail' ? { errortext: 'x', cause: CAUSE } : {};
            return [job.id, lease, kind, body] as const;
          });
          const { next } = step;
          const [, verdicts, taken] = await executorDb.call(JOB_PROCEDURES.settleJobs, [
            next?.executor ?? 'e1',
            outcomes,
            next?.capacity ?? null,
          ]);
          assert.deepEqual(
            verdicts,
            chosen.map(({ job, lease, event: kind }) => model.settle(job, lease, kind)),
          );
          return checkTaken(taken, next === null ? [] : model.take(next.executor, next.capacity));
        }
        case 'renew': {
          const chosen = step.holdings.flatMap(({ whichJob: which, leaseOff: off }) => {
            const job = pick(which);
            return job === undefined ? [] : [{ job, lease: Math.max(0, job.state.lease + off) }];
          });
          const holdings = chosen.flatMap(({ job, lease }) => [job.id, lease]);
          const [, lost, cancelled] = await executorDb.call(JOB_PROCEDURES.renewJobs, [step.executor, holdings]);
          const kept = chosen.map(({ job, lease }) => model.renew(job, lease, step.executor));
          assert.deepEqual(
            lost,
            chosen.filter((_, i) => !kept[i]).map(({ job }) => job.id),
          );
          assert.deepEqual(
            cancelled,
            chosen.filter(({ job }, i) => kept[i] && job.state.isCancelled).map(({ job }) => job.id),
          );
          return;
        }
        case 'report': {
          const chosen = step.reports.flatMap(({ whichJob: which, leaseOff: off, fraction }) => {
            const job = pick(which);
            const progress = JSON.stringify({ fraction });
            return job === undefined ? [] : [{ job, lease: Math.max(0, job.state.lease + off), progress }];
          });
          const reports = chosen.map(({ job, lease, progress }) => [job.id, lease, progress, null, null] as const);
          const [, lost] = await executorDb.call(JOB_PROCEDURES.reportJobs, ['e1', reports]);
          assert.deepEqual(
            lost,
            chosen.filter(({ job, lease, progress }) => !model.report(job, lease, progress)).map(({ job }) => job.id),
          );
          return;
        }
        case 'cancel': {
          const job = pick(step.whichJob);
          if (job === undefined) return;
          const outcome = await outcomeOf(db.call(JOB_PROCEDURES.cancelJob, [job.id, CANCELLER]));
          assert.equal(outcome, model.cancel(job) ? 'ok' : 'WRONG_STATE');
          return;
        }
        case 'retry': {
          const job = pick(step.whichJob);
          if (job === undefined) return;
          const outcome = await outcomeOf(db.call(JOB_PROCEDURES.retryJob, [job.id, CANCELLER, null]));
          const isKeyTaken = model.open().some(({ user, key }) => key !== null && key === job.key && user === job.user);
          assert.equal(outcome, !isKeyTaken && model.retry(job) ? 'ok' : 'WRONG_STATE');
          return;
        }
        case 'advance':
          await db.call(JOBS_TEST.advance, [step.seconds]);
          return model.advance(step.seconds);
        case 'restart':
          await restart(model.now());
          return model.restart();
      }
    }

    for (const step of actions) {
      await act(step);
      const found = await Promise.all(model.jobs.map(({ id }) => stored(id)));
      assert.deepEqual(found, model.jobs.map(expected));
    }
    assert.deepEqual(await db.call(JOBS_TEST.countFaults, []), [[]]);
  }

  it('does the same whatever comes in whatever order', async () => {
    await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 60, size: 'max' }), run), { numRuns: RUNS });
  });
});
