import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Job } from '../work/jobs/job.js';
import type { Capacity } from '../work/jobs/procedures.js';
import { createAnswerAge } from './freshness.js';
import { createLeases } from './leases.js';
import { createReports, type JobReport } from './reports.js';
import type { ExecutorRepository, Order, Taken } from './repository.js';
import { type JobRunnerParts, type RunningJob, runJob } from './run_job.js';
import { createSettlements } from './settlements.js';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

export type ExecutorParts = {
  repository: ExecutorRepository;
  runner: Omit<JobRunnerParts, 'argsOf' | 'attach'>;
  /** Jobs at once. */
  concurrency: number;
  /** The leases were renewed: told the guard. */
  onRenewed(): void;
  log: Logger;
};

export type Executor = {
  /** Takes jobs until it is stopped. */
  start(): void;
  /** Takes no more, waits up to `graceMs` for what runs, then ends it and hands it back. */
  stop(graceMs: number): Promise<void>;
  runningCount(): number;
};

type Held = { id: number; lease: number; running: RunningJob; report: JobReport; done: Promise<void> };

/** Takes jobs under leases and runs them. */
export function createExecutor({ repository, runner, concurrency, onRenewed, log }: ExecutorParts): Executor {
  const held = new Map<number, Held>();
  const age = createAnswerAge();
  const stopping = new AbortController();
  const capacity: Capacity = { script: concurrency };
  const onFault = (reason: unknown) => log.warn({ err: reason }, 'the database did not answer the executor');

  function abandon(ids: Iterable<number>): void {
    for (const id of ids) {
      const job = held.get(id);
      if (job === undefined) continue;
      log.warn({ job: id }, 'the lease was lost; what the job runs is ended');
      job.running.abandon();
      job.report.drop();
      held.delete(id);
    }
  }
  const stopJobs = (ids: readonly number[]) => {
    for (const id of ids) held.get(id)?.running.stop();
  };

  const leases = createLeases({
    repository,
    holdings: () => [...held.values()],
    onRenewed,
    onLost: abandon,
    onCancelled: stopJobs,
    onSilence: () => abandon([...held.keys()]),
    onFault,
  });
  const reports = createReports(repository, abandon, onFault);
  const settlements = createSettlements({
    repository,
    capacity: () => (stopping.signal.aborted ? undefined : capacity),
    onTaken: (taken) => void take(taken),
    onFault,
    isHeld: (id) => held.has(id),
  });

  async function run(job: Job): Promise<void> {
    const report = reports.open(job);
    const running = runJob(
      job,
      {
        onStarted: () => log.debug({ job: job.id, attempt: job.attempt }, 'the job runs'),
        onProgress: report.setProgress,
        onOutput: report.addOutput,
      },
      { ...runner, argsOf: repository.argsOf, attach: repository.attach },
    );
    const entry: Held = { id: job.id, lease: job.lease, running, report, done: finish(job, running, report) };
    held.set(job.id, entry);
    leases.wake();
    await entry.done;
  }

  async function finish(job: Job, running: RunningJob, report: JobReport): Promise<void> {
    const outcome = await running.ended;
    const isHeld = () => held.get(job.id)?.running === running;
    if (outcome === undefined || !isHeld()) {
      report.drop();
      return;
    }
    await report.finish();
    await settlements.settle(outcome);
    if (isHeld()) held.delete(job.id);
  }

  async function take({ now, jobs }: Taken): Promise<void> {
    if (jobs.length === 0) return;
    let ours = jobs;
    if (!age.isFresh(now)) {
      try {
        const { lost } = await repository.renew(jobs);
        ours = jobs.filter(({ id }) => !lost.includes(id));
      } catch (reason) {
        onFault(reason);
        return;
      }
    }
    for (const job of ours) {
      run(job).catch((reason) => log.error({ err: reason, job: job.id }, 'the job could not be run'));
    }
  }

  function obey({ id, lease, what }: Order): void {
    if (what === 'cancel' && held.get(id)?.lease === lease) stopJobs([id]);
  }

  async function pollUntilStopped(): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; !stopping.signal.aborted; ) {
      try {
        const { orders, ...taken } = await repository.poll(capacity);
        retryMs = FIRST_RETRY_MS;
        orders.forEach(obey);
        await take(taken);
      } catch (reason) {
        if (stopping.signal.aborted) return;
        onFault(reason);
        age.forget();
        await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => {});
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  return {
    start() {
      runner.pool.warmUp();
      pollUntilStopped().catch((reason) => log.error({ err: reason }, 'the executor takes no more jobs'));
    },
    async stop(graceMs) {
      stopping.abort();
      const running = [...held.values()];
      const allDone = Promise.all(running.map(({ done }) => done));
      await Promise.race([allDone, sleep(graceMs, undefined, { ref: false })]);
      for (const { running: job } of running) job.handBack();
      await allDone;
      leases.stop();
    },
    runningCount: () => held.size,
  };
}
