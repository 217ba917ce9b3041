import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createChangeFeed } from '../../../app/db/change_feed.js';
import type { Client } from '../../../app/db/client.js';
import { ByteString } from '../../../app/db/wire/msgpack.js';
import { ServiceError } from '../../../app/errors.js';
import type { Job } from '../../../app/work/jobs/job.js';
import type { Status } from '../../../app/work/jobs/model/transitions.js';
import { JOB_PROCEDURES, type JobFilter, type JobType } from '../../../app/work/jobs/procedures.js';
import {
  createJobsRepository,
  JOB_CHANGES,
  type JobSpec,
  type JobsRepository,
} from '../../../app/work/jobs/repository.js';
import { closeClients, connectClient, connectExecutor, outcomeOf } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { until } from '../../support/until.js';

function spec(changes: Partial<JobSpec> = {}): JobSpec {
  const taskId = randomUUID();
  return {
    taskId,
    name: taskId,
    type: 'script',
    user: 'gomer',
    script: 'render.scene',
    args: '{}',
    meta: {},
    priority: 0,
    maxAttempts: 1,
    backoffS: 1,
    timeoutS: 60,
    memoryMb: 256,
    ...changes,
  };
}

describe('the jobs repository', () => {
  let tarantool: RunningTarantool;
  let db: Client;
  let executorDb: Client;
  let jobs: JobsRepository;

  async function start(dataDir?: string): Promise<void> {
    tarantool = await startTarantool(dataDir === undefined ? {} : { dataDir });
    db = await connectClient({ address: tarantool.address });
    executorDb = await connectExecutor({ address: tarantool.address });
    jobs = createJobsRepository(db);
  }

  before(() => start());
  after(async () => {
    await closeClients();
    await tarantool.end();
  });

  it('is not for executors, nor can the service do what they do: each has its rights in the database', async () => {
    const refused = (db: Client, procedure: 'pollJobs' | 'listJobs') =>
      outcomeOf(
        procedure === 'pollJobs'
          ? db.call(JOB_PROCEDURES.pollJobs, ['e', {}, 0])
          : db.call(JOB_PROCEDURES.listJobs, [{}, { descending: true, limit: 1 }]),
      );
    assert.deepEqual([await refused(db, 'pollJobs'), await refused(executorDb, 'listJobs')], ['INTERNAL', 'INTERNAL']);
    assert.deepEqual([await refused(db, 'listJobs'), await refused(executorDb, 'pollJobs')], ['ok', 'ok']);
  });

  async function createOne(changes: Partial<JobSpec> = {}): Promise<Job> {
    const [outcome] = await jobs.create([spec(changes)], undefined);
    assert.ok(outcome !== undefined && !(outcome instanceof ServiceError), String(outcome));
    return outcome;
  }

  /** Takes all ready jobs; returns each job with its lease. */
  async function take(id: number, executor = 'e1'): Promise<[id: number, lease: number]> {
    const [, , taken] = await executorDb.call(JOB_PROCEDURES.pollJobs, [executor, { script: 1000, run: 1000 }, 5]);
    const tuple = taken.find(([its]) => its === id);
    assert.ok(tuple !== undefined);
    return [id, tuple[26]];
  }

  it('gives back what a job was stored with, by its id and its task_id', async () => {
    const runAt = 4_000_000_000.5;
    const given = spec({ meta: { b: { z: 1, a: [null, 'x'] }, ключ: 2.5 }, priority: -7, runAt, key: 'k' });
    const [stored] = await jobs.create([given], 10);
    assert.ok(stored !== undefined && !(stored instanceof ServiceError));
    for (const ref of [stored.id, given.taskId]) {
      const job = await jobs.get(ref);
      assert.deepEqual(job, stored);
      const { key, meta, status, ended, attempt, progress, result } = job;
      assert.deepEqual(
        { key, meta, status, ended, attempt, progress, result, runAt: job.runAt },
        {
          key: 'k',
          meta: given.meta,
          status: 'enqueued',
          ended: null,
          attempt: 0,
          progress: null,
          result: null,
          runAt,
        },
      );
    }
    await jobs.cancel(stored.id, 'gomer');
    assert.equal(await outcomeOf(jobs.get(999_999)), 'TASK_NOT_FOUND');
    assert.equal(await outcomeOf(jobs.get(randomUUID())), 'TASK_NOT_FOUND');
  });

  it('says of each refused spec why, and stores the others', async () => {
    await createOne({ name: 'taken' });
    const outcomes = await jobs.create([spec({ name: 'taken' }), spec({ user: 'lisa' }), spec({ user: 'lisa' })], 1);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome instanceof ServiceError ? outcome.code : outcome.status)),
      ['INVALID_INPUT', 'enqueued', 'TOO_MANY_TASKS'],
    );
    assert.deepEqual((outcomes[0] as ServiceError).violations?.[0]?.pointer, '/name');
  });

  it('shows progress, log, result and history of a job that is run, after kill -9 of the database too', async () => {
    const args = JSON.stringify({ text: 'ё'.repeat(200_000) });
    const job = await createOne({ args });
    const [id, lease] = await take(job.id);
    await executorDb.call(JOB_PROCEDURES.reportJobs, [
      'e1',
      [[id, lease, '{"fraction":0.25,"text":"row 1"}', 0, 'строка\n']],
    ]);
    assert.deepEqual((await jobs.get(id)).progress, { fraction: 0.25, text: 'row 1' });
    await executorDb.call(JOB_PROCEDURES.attachPiece, [id, lease, 0, new ByteString(Buffer.from([0x89, 0xff, 0]))]);
    const result = JSON.stringify('z'.repeat(300_000));
    const body = { result, file: [1, 3, 'image/png'] as const };
    await executorDb.call(JOB_PROCEDURES.settleJobs, ['e1', [[id, lease, 'finish', body]], null]);

    await closeClients();
    await tarantool.end('SIGKILL');
    await start(tarantool.dataDir);
    const ended = await jobs.get(id);
    assert.deepEqual([ended.status, ended.args, ended.result, ended.attempt], ['finished', undefined, undefined, 1]);
    assert.equal(await jobs.textOf(id, 'args'), args);
    assert.equal(await jobs.textOf(id, 'result'), result);
    assert.deepEqual(ended.file, { lease, pieces: 1, bytes: 3, contentType: 'image/png' });
    const [piece] = await db.call(JOB_PROCEDURES.jobFilePiece, [id, lease, 0]);
    assert.deepEqual([...piece.subarray(-3)], [0x89, 0xff, 0]);
    assert.deepEqual(await jobs.log(id, 0, 1000), { text: 'строка\n', from: 0, next: 13, hasEnded: true });
    const history = await jobs.history(id);
    assert.deepEqual(
      history.map(({ status, by, attempt }) => [status, by, attempt]),
      [
        ['enqueued', 'gomer', 0],
        ['working', 'e1', 1],
        ['finished', 'e1', 1],
      ],
    );
    assert.deepEqual((await jobs.statuses(undefined, 2)).map(({ jobId, status }) => [jobId, status])[0], [
      id,
      'finished',
    ]);
  });

  it('wakes a poll that waits on another connection', async () => {
    const executor = await connectExecutor({ address: tarantool.address });
    const poll = executor.call(JOB_PROCEDURES.pollJobs, ['waiting', { run: 1 }, 30], { deadlineMs: 60_000 });
    const job = await createOne({ type: 'run' });
    const [, , taken] = await poll;
    assert.deepEqual(
      taken.map(([id]) => id),
      [job.id],
    );
    const order = executor.call(JOB_PROCEDURES.pollJobs, ['waiting', { run: 1 }, 30], { deadlineMs: 60_000 });
    assert.equal((await jobs.cancel(job.id, 'gomer')).isCancelled, true);
    assert.deepEqual((await order)[1], [[job.id, 1, 'cancel']]);
    await executor.call(JOB_PROCEDURES.settleJobs, ['waiting', [[job.id, 1, 'stop', {}]], null]);
    assert.equal((await jobs.get(job.id)).status, 'cancelled');
    assert.equal(await outcomeOf(jobs.cancel(job.id, 'gomer')), 'WRONG_STATE');
    assert.equal((await jobs.retry(job.id, 'gomer', 100)).status, 'enqueued');
    assert.equal(await outcomeOf(jobs.retry(job.id, 'gomer', 100)), 'WRONG_STATE');
  });

  it('tells a change feed of what becomes of a job, the status over progress that follows it', async () => {
    const feed = createChangeFeed(jobs.changes);
    const job = await createOne();
    const told: (number | undefined)[] = [];
    let onTold = () => {};
    const end = feed.listen(job.id, (what) => {
      told.push(what);
      onTold();
    });
    await feed.followed();
    const [id, lease] = await take(job.id, 'fed');
    await executorDb.call(JOB_PROCEDURES.reportJobs, ['fed', [[id, lease, '{"fraction":1,"text":""}', null, null]]]);
    await until('the start is told', () => told.includes(JOB_CHANGES.status));
    told.length = 0;
    const progress = new Promise<void>((resolve) => {
      onTold = resolve;
    });
    await executorDb.call(JOB_PROCEDURES.reportJobs, ['fed', [[id, lease, null, 0, 'a line\n']]]);
    await progress;
    assert.ok(told.every((what) => what === JOB_CHANGES.progress || what === JOB_CHANGES.status));
    await executorDb.call(JOB_PROCEDURES.settleJobs, ['fed', [[id, lease, 'finish', {}]], null]);
    await until('the end is told', () => told.includes(JOB_CHANGES.status));
    end();
    assert.equal((await jobs.get(id)).result, 'null');
  });

  describe('lists', () => {
    const users = ['apu', 'bart', 'carl'];
    const known: Job[] = [];
    // More than a single call examines.
    const COUNT = 6000;

    before(async () => {
      for (let from = 0; from < COUNT; from += 100) {
        const specs = Array.from({ length: 100 }, (_, i) => {
          const n = from + i;
          const type: JobType = n % 50 === 0 ? 'run' : 'script';
          return spec({ user: users[n % 3] as string, type, meta: { n: n % 7, tag: { b: n % 2, a: 1 } } });
        });
        const outcomes = await jobs.create(specs, undefined);
        for (const outcome of outcomes) if (!(outcome instanceof ServiceError)) known.push(outcome);
      }
      for (const [i, job] of known.entries()) {
        if (i % 100 < 10) known[i] = await jobs.cancel(job.id, 'gomer');
      }
    });

    function expected(filter: JobFilter, isDescending: boolean, meta?: object): Job[] {
      const own = known.filter(
        ({ user, type, status, meta: its }) =>
          (filter.user === undefined || user === filter.user) &&
          (filter.type === undefined || type === filter.type) &&
          (filter.status === undefined || status === filter.status) &&
          Object.entries(meta ?? {}).every(([name, value]) => JSON.stringify(its[name]) === JSON.stringify(value)),
      );
      return isDescending ? own.toReversed() : own;
    }

    const filters: JobFilter[] = users.slice(0, 1).flatMap((user) =>
      ([undefined, 'cancelled', 'working'] as (Status | undefined)[]).flatMap((status) =>
        ([undefined, 'run'] as (JobType | undefined)[]).map((type) => ({
          user,
          ...(status === undefined ? {} : { status }),
          ...(type === undefined ? {} : { type }),
        })),
      ),
    );

    for (const filter of filters) {
      it(`are those that fit ${JSON.stringify(filter)}, with their number, whatever offset, limit and order`, async () => {
        for (const isDescending of [true, false]) {
          const all = expected(filter, isDescending);
          for (const [offset, limit] of [
            [0, 50],
            [3, 2],
            [Math.max(0, all.length - 2), 5],
            [all.length, 5],
            [0, 5000],
          ] as const) {
            const found = await jobs.list(filter, { isDescending, offset, limit });
            assert.equal(found.total, all.length);
            assert.deepEqual(found.jobs, all.slice(offset, offset + limit));
          }
          const middle = all[Math.floor(all.length / 2)];
          if (middle === undefined) continue;
          const { jobs: later } = await jobs.list(filter, { isDescending, limit: 10, after: middle.id });
          const at = all.indexOf(middle);
          assert.deepEqual(later, all.slice(at + 1, at + 11));
        }
      });
    }

    it('have all users when none is named', async () => {
      const { jobs: found, total } = await jobs.list({}, { isDescending: true, offset: 5500, limit: 300 });
      assert.deepEqual(found, expected({}, true).slice(5500, 5800));
      assert.ok(total >= COUNT);
      const { jobs: runs } = await jobs.list({ type: 'run' }, { isDescending: true, offset: 10, limit: 100 });
      assert.deepEqual(runs, expected({ type: 'run' }, true).slice(10, 110));
    });

    it('are found by members of meta, which are equal as JSON', async () => {
      const meta = { tag: { b: 0, a: 1 }, n: 3 };
      const all = expected({ user: 'bart' }, true, { n: 3, tag: { a: 1, b: 0 } });
      const found = await jobs.find({ user: 'bart' }, meta, { isDescending: true, offset: 2, limit: 40 });
      assert.deepEqual([found.total, found.jobs], [all.length, all.slice(2, 42)]);
      assert.equal((await jobs.find({}, { n: '3' }, { isDescending: false, limit: 10 })).total, 0);
    });
  });
});
