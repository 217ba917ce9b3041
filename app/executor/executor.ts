import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Job } from '../work/jobs/job.js';
import type { Capacity } from '../work/jobs/procedures.js';
import { createAnswerAge } from './engine/freshness.js';
import { createLeases, MAX_SILENCE_MS } from './engine/leases.js';
import { createReports, type JobReport } from './engine/reports.js';
import type { ExecutorRepository, Order, Taken } from './engine/repository.js';
import { repeatWhilePassing } from './engine/retries.js';
import { createSettlements } from './engine/settlements.js';
import { type JobRunnerParts, type RunningJob, runJob } from './run_job.js';
import { createLogPieces } from './runs/log_pieces.js';
import type { Lease, RunsRepository } from './runs/repository.js';
import { type RunningWorkflow, type RunParts, runWorkflow } from './runs/run_workflow.js';
import { createSteps } from './runs/steps.js';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** Runs of workflows at once: each is a process that waits most of its time. */
const MAX_RUNS = 1_000;
/** Beyond the grace of an ordered stop: to kill what runs, and to hand it back. Jobs that are not handed back lapse. */
const HAND_BACK_MS = 3_000;

type ExecutorParts = {
  repository: ExecutorRepository;
  runner: Omit<JobRunnerParts, 'argsOf' | 'attach' | 'onFault'>;
  runs: Pick<RunParts, 'binDir' | 'environment' | 'setpriv' | 'guard'> & { repository: RunsRepository };
  /** Scripts at once. */
  concurrency: number;
  /** Tells the guard: leases are held, and end unless this is called again within `patienceMs`; undefined: none is held. */
  onRenewed(patienceMs: number | undefined): void;
  /** Resolves when there is a connection to the database. */
  untilConnected(signal: AbortSignal): Promise<void>;
  log: Logger;
};

export type Executor = {
  /** Takes jobs until it is stopped. */
  start(): void;
  /** Takes no more, waits up to `graceMs` for what runs, then ends it and hands it back. A later call may shorten the wait. */
  stop(graceMs: number): Promise<void>;
  runningCount(): number;
};

type Held = {
  id: number;
  lease: number;
  running: RunningJob | RunningWorkflow;
  /** Of a script; a run reports of its tasks. */
  report: JobReport | undefined;
  done: Promise<void>;
};

/** Takes jobs under leases and runs them. */
export function createExecutor({ repository, runner, runs, concurrency, log, ...parts }: ExecutorParts): Executor {
  const held = new Map<number, Held>();
  /** Those whose outcome is being told. */
  const settling = new WeakSet<Held['running']>();
  const age = createAnswerAge();
  const stopping = new AbortController();
  const hurry = new AbortController();
  const capacity: Capacity = { script: concurrency, run: MAX_RUNS };
  const onFault = (reason: unknown) => log.warn({ err: reason }, 'the database did not answer the executor');

  const isHeld = ({ id, lease }: Lease) => held.get(id)?.lease === lease;

  function abandon(leases: readonly Lease[]): void {
    for (const { id } of leases.filter(isHeld)) {
      const job = held.get(id) as Held;
      log.warn({ job: id }, 'the lease was lost; what the job runs is ended');
      job.running.abandon();
      job.report?.drop();
      held.delete(id);
    }
  }
  const stopJobs = (ids: readonly number[]) => {
    for (const id of ids) held.get(id)?.running.stop();
  };

  /** The engine may have ended a job already whose outcome is on its way: nothing of it runs, and the verdict comes. */
  function abandonLost(leases: readonly Lease[]): void {
    abandon(
      leases.filter(({ id }) => {
        const job = held.get(id);
        return job !== undefined && !settling.has(job.running);
      }),
    );
  }

  const leases = createLeases({
    repository,
    holdings: () => [...held.values()],
    onRenewed: parts.onRenewed,
    onLost: abandonLost,
    onCancelled: stopJobs,
    onSilence: () => abandon([...held.values()]),
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

  const runsShared = { repository: runs.repository, onLost: abandon, onFault, isHeld };
  const steps = createSteps(runsShared);
  const logPieces = createLogPieces(runsShared);

  function startScript(job: Job, report: JobReport): RunningJob {
    return runJob(
      job,
      {
        onStarted: () => log.debug({ job: job.id, attempt: job.attempt }, 'the job runs'),
        onProgress: report.setProgress,
        onOutput: report.addOutput,
      },
      { ...runner, argsOf: repository.argsOf, attach: repository.attach, onFault },
    );
  }

  function startRun(job: Job): RunningWorkflow {
    log.debug({ job: job.id, attempt: job.attempt }, 'the workflow runs');
    const { store: storeStep, drained } = steps;
    return runWorkflow(job, { ...runs, storeStep, drained, storeLog: logPieces.store, onFault, log });
  }

  async function run(job: Job): Promise<void> {
    const report = job.type === 'script' ? reports.open(job) : undefined;
    const running = report === undefined ? startRun(job) : startScript(job, report);
    held.set(job.id, { id: job.id, lease: job.lease, running, report, done: finish(job, running, report) });
    leases.wake();
    // Taken by a poll that was under way when the stop began.
    if (stopping.signal.aborted) running.handBack();
  }

  async function finish(job: Job, running: RunningJob, report: JobReport | undefined): Promise<void> {
    const outcome = await running.ended;
    const isOurs = () => held.get(job.id)?.running === running;
    if (outcome === undefined || !isOurs()) {
      report?.drop();
      return;
    }
    const [id, lease, kind, body] = outcome;
    const progress = await report?.finish();
    log.debug({ job: id, attempt: job.attempt, kind }, 'the job has ended');
    settling.add(running);
    await settlements.settle([
      id,
      lease,
      kind,
      progress === undefined ? body : { ...body, progress: JSON.stringify(progress) },
    ]);
    if (isOurs()) held.delete(id);
  }

  /** Those of the jobs that are still ours, whatever the answer's age. */
  async function withLease({ now, jobs }: Taken): Promise<readonly Job[]> {
    if (age.isFresh(now)) return jobs;
    const giveUpAt = performance.now() + MAX_SILENCE_MS;
    const renewed = await repeatWhilePassing(
      () => repository.renew(jobs),
      () => performance.now() > giveUpAt,
      onFault,
    );
    return jobs.filter(({ id }) => !renewed.lost.includes(id));
  }

  async function take(taken: Taken): Promise<void> {
    if (taken.jobs.length === 0) return;
    try {
      for (const job of await withLease(taken)) {
        run(job).catch((reason) => log.error({ err: reason, job: job.id }, 'the job could not be run'));
      }
    } catch (reason) {
      // Whatever was taken lapses: nobody has begun it.
      onFault(reason);
    }
  }

  function obey({ id, lease, what }: Order): void {
    const job = held.get(id);
    if (job?.lease !== lease) return;
    if (what === 'cancel') job.running.stop();
    else if ('nudge' in job.running) job.running.nudge();
  }

  async function pollUntilStopped(): Promise<void> {
    const { signal } = stopping;
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; ) {
      try {
        await parts.untilConnected(signal);
        if (signal.aborted) return;
        const { orders, ...taken } = await repository.poll(capacity);
        retryMs = FIRST_RETRY_MS;
        orders.forEach(obey);
        await take(taken);
      } catch (reason) {
        if (signal.aborted) return;
        onFault(reason);
        age.forget();
        // An order may have been lost with the answer.
        for (const { running } of held.values()) if ('nudge' in running) running.nudge();
        await sleep(retryMs, undefined, { signal }).catch(() => {});
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  let polling: Promise<void> | undefined;

  /** Waits for what runs, which may take jobs that came at the last moment with it. */
  async function untilAllDone(): Promise<void> {
    while (held.size > 0) await Promise.all([...held.values()].map(({ done }) => done));
  }

  async function stopInOrder(graceMs: number): Promise<void> {
    // Ends the poll that waits; jobs that it has taken meanwhile come with its answer and are handed back.
    await Promise.race([
      Promise.all([repository.endPoll().catch(() => {}), polling]),
      sleep(HAND_BACK_MS, undefined, { ref: false, signal: hurry.signal }).catch(() => {}),
    ]);
    // A run may go on for days: another executor takes it over.
    for (const { running } of held.values()) if ('nudge' in running) running.handBack();
    await Promise.race([
      untilAllDone(),
      sleep(graceMs, undefined, { ref: false, signal: hurry.signal }).catch(() => {}),
    ]);
    if (held.size > 0) log.info({ jobs: held.size }, 'handing back the jobs that still run');
    for (const { running } of held.values()) running.handBack();
    await Promise.race([untilAllDone(), sleep(HAND_BACK_MS, undefined, { ref: false })]);
    leases.stop();
  }

  let stopped: Promise<void> | undefined;
  return {
    start() {
      runner.pool.warmUp();
      polling = pollUntilStopped();
      polling.catch((reason) => log.error({ err: reason }, 'the executor takes no more jobs'));
    },
    stop(graceMs) {
      stopping.abort();
      if (graceMs === 0) hurry.abort();
      stopped ??= stopInOrder(graceMs);
      return stopped;
    },
    runningCount: () => held.size,
  };
}
