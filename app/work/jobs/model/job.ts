import { isOpen, type JobEvent, type Status, TRANSITIONS } from './transitions.js';

const MAX_BACKOFF_S = 3600;

/** What the rules of docs/engine.md say of one job; times in seconds. */
export type JobState = Readonly<{
  status: Status;
  attempt: number;
  maxAttempts: number;
  /** The attempt after which no other follows. */
  lastAttempt: number;
  /** Since create or retry. */
  faults: number;
  backoffS: number;
  /** Enqueued: not to be taken before; 0: at once. */
  readyAt: number;
  /** Number of the last lease. */
  lease: number;
  lockedBy: string | undefined;
  isCancelled: boolean;
}>;

type JobPlan = { maxAttempts: number; backoffS: number; runAt?: number };

export type JobStep =
  | { event: 'take'; executor: string }
  | { event: 'finish' | 'fail' | 'stop'; lease: number; at: number }
  | { event: 'lapse' | 'cancel' | 'retry' };

export function createJob({ maxAttempts, backoffS, runAt = 0 }: JobPlan): JobState {
  return {
    status: 'enqueued',
    attempt: 0,
    maxAttempts,
    lastAttempt: maxAttempts,
    faults: 0,
    backoffS,
    readyAt: runAt,
    lease: 0,
    lockedBy: undefined,
    isCancelled: false,
  };
}

/** The wait after a fault, with those before it. */
export function backoffAfter(earlierFaults: number, backoffS: number): number {
  return Math.min(MAX_BACKOFF_S, backoffS * 2 ** earlierFaults);
}

/** The status that the event leads to; undefined when it is not allowed. */
export function nextStatus(job: JobState, event: JobEvent): Status | undefined {
  const holds = {
    'cancellation asked': job.isCancelled,
    'attempts left': job.attempt < job.lastAttempt,
    'no attempt left': job.attempt >= job.lastAttempt,
  };
  return TRANSITIONS.find(
    ({ from, event: its, when }) => from === job.status && its === event && (when === undefined || holds[when]),
  )?.to;
}

/** The job after the step; undefined when the step is refused: a wrong state, or not the job's lease. */
export function stepJob(job: JobState, step: JobStep): JobState | undefined {
  if ('lease' in step && step.lease !== job.lease) return undefined;
  const status = nextStatus(job, step.event);
  if (status === undefined) return undefined;
  const next = { ...job, status, lockedBy: status === 'working' ? job.lockedBy : undefined };
  if (!isOpen(status)) {
    const faults = job.faults + (status === 'failed' && step.event === 'fail' ? 1 : 0);
    return { ...next, faults, isCancelled: job.isCancelled || step.event === 'cancel' };
  }
  switch (step.event) {
    case 'take':
      return { ...next, attempt: job.attempt + 1, lease: job.lease + 1, lockedBy: step.executor };
    case 'cancel':
      return { ...next, isCancelled: true };
    case 'fail':
      return { ...next, faults: job.faults + 1, readyAt: step.at + backoffAfter(job.faults, job.backoffS) };
    case 'stop':
      return { ...next, attempt: job.attempt - 1, readyAt: 0 };
    case 'retry':
      return { ...next, lastAttempt: job.attempt + job.maxAttempts, faults: 0, readyAt: 0, isCancelled: false };
    default:
      return { ...next, readyAt: 0 };
  }
}
