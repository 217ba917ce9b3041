import { createJob, type JobState, type JobStep, stepJob } from '../../app/work/jobs/model/job.js';
import type { Status } from '../../app/work/jobs/model/transitions.js';
import type { JobType } from '../../app/work/jobs/procedures.js';

const LEASE_S = 10;

export type ModelJob = {
  id: number;
  type: JobType;
  user: string;
  priority: number;
  key: string | null;
  state: JobState;
  /** Of the lease, while the job is working. */
  deadline: number;
  progress: string | null;
  /** 'working 1 by e1', oldest first. */
  history: string[];
};

export type ModelSpec = {
  type: JobType;
  user: string;
  priority: number;
  maxAttempts: number;
  backoffS: number;
  runAt: number | null;
  key: string | null;
};

const LOST = ' lost';

/** A naive implementation of the engine: a list of jobs, scanned for every query. Times in seconds. */
export function createJobsModel(startS: number) {
  const jobs: ModelJob[] = [];
  let nowS = startS;

  function move(job: ModelJob, step: JobStep, by: string, cause = ''): boolean {
    const next = stepJob(job.state, step);
    if (next === undefined) return false;
    const isNews = next.status !== job.state.status;
    job.state = next;
    if (isNews) job.history.push(`${next.status} ${next.attempt}${cause} by ${by}`);
    return true;
  }

  const byStatus = (status: Status) => jobs.filter(({ state }) => state.status === status);
  const heldBy = (executor: string, type: JobType) =>
    byStatus('working').filter((job) => job.state.lockedBy === executor && job.type === type).length;

  /** The author of the end: for a requested cancellation, the user who requested it. */
  const doer = (job: ModelJob, by: string) => (job.state.isCancelled ? CANCELLER : by);

  return {
    jobs,
    now: () => nowS,
    open: () => jobs.filter(({ state }) => state.status === 'enqueued' || state.status === 'working'),

    /** The open job with the spec's key. */
    withKey: ({ user, key }: ModelSpec) =>
      key === null
        ? undefined
        : jobs.find(
            (job) => job.user === user && job.key === key && ['enqueued', 'working'].includes(job.state.status),
          ),

    create(id: number, { type, user, priority, key, maxAttempts, backoffS, runAt }: ModelSpec) {
      const state = createJob({ maxAttempts, backoffS, ...(runAt === null ? {} : { runAt }) });
      const history = [`enqueued 0 by ${user}`];
      jobs.push({ id, type, user, priority, key, state, deadline: 0, progress: null, history });
    },

    /** Ids that the executor gets, in order. */
    take(executor: string, capacity: Record<JobType, number>): number[] {
      const taken: number[] = [];
      for (const type of ['script', 'run'] as const) {
        const places = Math.max(0, capacity[type] - heldBy(executor, type));
        const ready = byStatus('enqueued')
          .filter((job) => job.type === type && job.state.readyAt <= nowS)
          .sort((a, b) => b.priority - a.priority || a.id - b.id)
          .slice(0, places);
        for (const job of ready) {
          move(job, { event: 'take', executor }, executor);
          job.deadline = nowS + LEASE_S;
          job.progress = null;
          taken.push(job.id);
        }
      }
      return taken;
    },

    settle(job: ModelJob, lease: number, event: 'finish' | 'fail' | 'stop'): 'ok' | 'lost' {
      const by = doer(job, job.state.lockedBy ?? '');
      const cause = event === 'fail' && !job.state.isCancelled ? ' error' : '';
      return move(job, { event, lease, at: nowS }, by, cause) ? 'ok' : 'lost';
    },

    /** Whether the executor still holds the job; if so, its lease is renewed. */
    renew(job: ModelJob, lease: number, executor: string): boolean {
      const { state } = job;
      if (state.status !== 'working' || state.lease !== lease || state.lockedBy !== executor) return false;
      job.deadline = nowS + LEASE_S;
      return true;
    },

    report(job: ModelJob, lease: number, progress: string): boolean {
      if (job.state.status !== 'working' || job.state.lease !== lease) return false;
      job.progress = progress;
      return true;
    },

    cancel: (job: ModelJob) => move(job, { event: 'cancel' }, CANCELLER),

    retry(job: ModelJob): boolean {
      if (!move(job, { event: 'retry' }, CANCELLER)) return false;
      job.progress = null;
      return true;
    },

    advance(seconds: number) {
      nowS += seconds;
      for (const job of byStatus('working')) {
        if (job.deadline > nowS) continue;
        move(job, { event: 'lapse' }, doer(job, 'engine'), job.state.isCancelled ? '' : LOST);
      }
    },

    /** Renews the leases of all executors. */
    restart() {
      for (const job of byStatus('working')) job.deadline = nowS + LEASE_S;
    },
  };
}

/** The user who cancels and retries in the tests. */
export const CANCELLER = 'marge';
