import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Job } from '../../work/jobs/job.js';
import type { OutcomeTuple } from '../../work/jobs/procedures.js';
import { isActive, type RunStatus } from '../../work/workflows/model/statuses.js';
import { repeatWhilePassing } from '../engine/retries.js';
import type { Guard } from '../processes/guard.js';
import type { RunningJob } from '../run_job.js';
import type { FromRun } from './messages.js';
import type { LogPiece, PlanPage, RunsRepository, Step } from './repository.js';
import { type RunChild, startRunChild } from './run_child.js';

/** Tasks of a plan in one call: with parameters and environment they may be long. */
const PAGE_TASKS = 100;
/** A process that dies sooner is not started again before, so that one that cannot live keeps nobody busy. */
const MIN_LIFE_MS = 1_000;
/** Who stopped a run whose job was cancelled. */
const CANCELLED_BY = 'engine.cancel';

export type RunParts = {
  repository: RunsRepository;
  storeStep(step: Step): Promise<boolean>;
  /** Resolves when no step of the run is under way. */
  drained(id: number): Promise<void>;
  storeLog(piece: LogPiece): Promise<void>;
  /** The folder of executables. */
  binDir: string;
  environment: Readonly<Record<string, string>>;
  setpriv: string | undefined;
  guard: Guard;
  onFault(reason: unknown): void;
  log: Logger;
};

export type RunningWorkflow = RunningJob & {
  /** People asked for something: it is read. */
  nudge(): void;
};

type Plan = Omit<PlanPage, 'next'>;

/** Carries out the run of a workflow in a process of its own. */
export function runWorkflow(job: Job, parts: RunParts): RunningWorkflow {
  const lease = { id: job.id, lease: job.lease };
  let child: RunChild | undefined;
  let finalStatus: RunStatus | undefined;
  let isToEnd = false;
  let isAbandoned = false;
  let isCancelled = false;
  let isNudged = false;
  let isAsking = false;
  let askedTo = 0;
  const ask = <Answer>(call: () => Promise<Answer>) => repeatWhilePassing(call, () => isToEnd, parts.onFault);

  const finish = (status: RunStatus): OutcomeTuple => [
    job.id,
    job.lease,
    'finish',
    { result: JSON.stringify({ status }) },
  ];
  const handedBack: OutcomeTuple = [job.id, job.lease, 'stop', {}];

  async function loadPlan(): Promise<Plan> {
    let plan: PlanPage | undefined;
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from: number = after;
      const page: PlanPage = await ask(() => parts.repository.plan(lease, from, PAGE_TASKS));
      plan = { ...page, tasks: [...(plan?.tasks ?? []), ...page.tasks], asked: plan?.asked ?? page.asked };
      after = page.next;
    }
    return plan as PlanPage;
  }

  async function storeStep(message: FromRun & { type: 'changes' }): Promise<void> {
    const isStored = await parts.storeStep({ ...lease, ...message });
    if (!isStored) return;
    const own = message.changes.findLast(({ task }) => task === 0);
    if (own !== undefined && !isActive(own.status as RunStatus)) finalStatus = own.status as RunStatus;
    child?.send({ type: 'stored', seq: message.seq });
  }

  function onMessage(message: FromRun): void {
    if (message.type === 'changes') {
      void storeStep(message);
      return;
    }
    void parts.storeLog({ ...lease, ...message }).then(() => child?.send({ type: 'logged', task: message.task }));
  }

  /** Reads what people ask for, until nothing new was said meanwhile. */
  async function readAsked(): Promise<void> {
    if (child === undefined || isAsking) return;
    isAsking = true;
    while (isNudged && !isToEnd) {
      isNudged = false;
      const { stopBy, forced, last } = await ask(() => parts.repository.asked(lease, askedTo));
      askedTo = last;
      if (stopBy !== null || forced.length > 0) child.send({ type: 'asked', stopBy, forced });
    }
    isAsking = false;
  }

  function nudge(): void {
    isNudged = true;
    readAsked().catch((reason) => {
      isAsking = false;
      parts.onFault(reason);
    });
  }

  function stop(): void {
    isCancelled = true;
    child?.send({ type: 'asked', stopBy: CANCELLED_BY, forced: [] });
  }

  async function begin({ tasks, ...plan }: Plan): Promise<RunChild> {
    const { binDir, environment, setpriv, guard } = parts;
    const mark = job.taskId;
    const begun = await startRunChild({ name: plan.workflow, mark, environment, guard, onMessage });
    child = begun;
    askedTo = plan.asked;
    // Each by itself: a line has 8 MiB at most, and a task may have almost 1 MB.
    for (const task of tasks) begun.send({ type: 'plan', tasks: [task] });
    const { status, stopBy, workflow: name } = plan;
    const isTakenOver = job.lease > 1;
    const head = { status, stopBy, isTakenOver, name, mark, binDir, environment };
    begun.send({ type: 'plan', tasks: [], run: { ...head, ...(setpriv === undefined ? {} : { setpriv }) } });
    if (isCancelled) stop();
    // An order may have come before the job.
    nudge();
    if (isToEnd) begun.end();
    return begun;
  }

  async function run(): Promise<OutcomeTuple> {
    const beganAt = performance.now();
    try {
      const plan = await loadPlan();
      if (!isActive(plan.status)) return finish(plan.status);
      if (isToEnd) return handedBack;
      await (await begin(plan)).ended;
    } catch (reason) {
      if (!isToEnd) parts.log.error({ err: reason, job: job.id }, 'a run could not be started');
    }
    await parts.drained(job.id);
    if (finalStatus !== undefined) return finish(finalStatus);
    if (!isToEnd) {
      const stderr = child?.lastWords() ?? '';
      parts.log.warn({ job: job.id, stderr }, 'the process of a run has ended; the run is taken over');
      await sleep(Math.max(0, beganAt + MIN_LIFE_MS - performance.now()));
    }
    return handedBack;
  }

  function end(): void {
    isToEnd = true;
    child?.end();
  }

  return {
    ended: run().then((outcome) => (isAbandoned ? undefined : outcome)),
    stop,
    nudge,
    handBack: end,
    abandon() {
      isAbandoned = true;
      end();
    },
  };
}
