import type { Client } from '../../db/client.js';
import { ByteString } from '../../db/wire/msgpack.js';
import { type Job, jobFrom } from '../../work/jobs/job.js';
import { type Capacity, type OutcomeTuple, JOB_PROCEDURES as P, type ReportTuple } from '../../work/jobs/procedures.js';

/** Shorter than the deadline of the call, so that a job is never taken for an answer that nobody waits for. */
const POLL_TIMEOUT_S = 25;
const POLL_DEADLINE_MS = 40_000;

export type Order = { id: number; lease: number; what: 'cancel' | 'nudge' };
/** `now`: the database's steady clock, in seconds, when it made the answer. */
export type Taken = { now: number; jobs: Job[] };

/** What an executor asks of the engine (docs/engine.md). All methods throw ServiceError. */
export type ExecutorRepository = {
  /** Waits for orders and jobs, 25 s at most. */
  poll(capacity: Capacity): Promise<Taken & { orders: Order[] }>;
  /** Ends the poll that waits. */
  endPoll(): Promise<void>;
  /** Ends jobs and takes the next ones, none without a capacity. Answers ids whose lease was lost. */
  settle(outcomes: readonly OutcomeTuple[], capacity: Capacity | undefined): Promise<Taken & { lost: number[] }>;
  renew(
    holdings: readonly { id: number; lease: number }[],
  ): Promise<{ now: number; lost: number[]; cancelled: number[] }>;
  /** Answers ids whose lease was lost. */
  report(reports: readonly ReportTuple[]): Promise<number[]>;
  attach(job: { id: number; lease: number }, piece: number, bytes: Buffer): Promise<void>;
  /** The JSON text of the arguments. */
  argsOf(job: Job): Promise<string>;
};

export function createExecutorRepository(db: Pick<Client, 'call'>, executor: string): ExecutorRepository {
  return {
    async poll(capacity) {
      const [now, orders, taken] = await db.call(P.pollJobs, [executor, capacity, POLL_TIMEOUT_S], {
        deadlineMs: POLL_DEADLINE_MS,
      });
      return {
        now,
        orders: orders.map(([id, lease, what]) => ({ id, lease, what })),
        jobs: taken.map(jobFrom),
      };
    },
    async endPoll() {
      await db.call(P.pollJobs, [executor, {}, 0]);
    },
    async settle(outcomes, capacity) {
      const [now, verdicts, taken] = await db.call(P.settleJobs, [executor, outcomes, capacity ?? null]);
      const lost = outcomes.flatMap(([id], i) => (verdicts[i] === 'lost' ? [id] : []));
      return { now, lost, jobs: taken.map(jobFrom) };
    },
    async renew(holdings) {
      const flat = holdings.flatMap(({ id, lease }) => [id, lease]);
      const [now, lost, cancelled] = await db.call(P.renewJobs, [executor, flat]);
      return { now, lost, cancelled };
    },
    async report(reports) {
      const [, lost] = await db.call(P.reportJobs, [executor, reports]);
      return lost;
    },
    async attach({ id, lease }, piece, bytes) {
      await db.call(P.attachPiece, [id, lease, piece, new ByteString(bytes)]);
    },
    async argsOf(job) {
      if (job.args !== undefined) return job.args;
      const [text] = await db.call(P.jobText, [job.id, 'args']);
      return text ?? '{}';
    },
  };
}
