import type { Client } from '../../db/client.js';
import type { RunStatus, TaskStatus } from '../../work/workflows/model/statuses.js';
import { WORKFLOW_PROCEDURES as P } from '../../work/workflows/procedures.js';
import type { Change, Forced, PlannedTask } from './messages.js';

export type Lease = { id: number; lease: number };

export type PlanPage = {
  workflow: string;
  status: RunStatus;
  stopBy: string | null;
  /** Number of the last forced status that the statuses contain. */
  asked: number;
  tasks: PlannedTask[];
  /** Undefined at the end. */
  next: number | undefined;
};

export type Step = Lease & { seq: number; changes: readonly Change[] };
export type LogPiece = Lease & { task: number; at: number; text: string };

/** What an executor asks for its runs (docs/workflows.md). All methods throw ServiceError. */
export type RunsRepository = {
  /** Tasks of the run after the first `after` of them. */
  plan(run: Lease, after: number, limit: number): Promise<PlanPage>;
  /** Answers the leases that were lost. */
  advance(steps: readonly Step[]): Promise<Lease[]>;
  /** What people asked for, after the entry with this number. */
  asked(run: Lease, after: number): Promise<{ stopBy: string | null; forced: Forced[]; last: number }>;
  /** Answers the leases that were lost. */
  addLog(pieces: readonly LogPiece[]): Promise<Lease[]>;
};

type PlanRow = ReturnType<NonNullable<(typeof P.planRun)['types']>>[2][number];

function taskFrom(row: PlanRow): PlannedTask {
  const [id, name, exec, fn, params, env, tries, timeoutS, graceS, status, , pid, pidStart, bootId, attempt, logEnd] =
    row;
  return {
    id,
    name,
    exec,
    function: fn,
    params,
    env: Object.fromEntries(env),
    tries,
    timeoutS,
    graceS,
    status: status as TaskStatus,
    pid,
    pidStart: pidStart === null ? null : Number(pidStart),
    bootId,
    attempt,
    logEnd,
  };
}

type RunDetails = Record<string, string | number | boolean>;

/** Members that are undefined are left out. */
function detailsOf({ pidStart, bootId, isRestart, ...details }: Change['details']): RunDetails {
  const members = { ...details, pid_start: pidStart, boot_id: bootId, is_restart: isRestart };
  return Object.fromEntries(
    Object.entries(members).filter((member): member is [string, string | number | boolean] => member[1] !== undefined),
  );
}

function stepTuple({ id, lease, seq, changes }: Step) {
  return [
    id,
    lease,
    seq,
    changes.map(({ task, status, details }) => [task, status, detailsOf(details)] as const),
  ] as const;
}

function pieceTuple({ id, lease, task, at, text }: LogPiece) {
  return [id, lease, task, at, text] as const;
}

export function createRunsRepository(db: Pick<Client, 'call'>): RunsRepository {
  return {
    async plan({ id, lease }, after, limit) {
      const [head, next, rows] = await db.call(P.planRun, [id, lease, after, limit]);
      return {
        workflow: String(head.get('workflow')),
        status: head.get('status') as RunStatus,
        stopBy: (head.get('stop_by') ?? null) as string | null,
        asked: Number(head.get('asked') ?? 0),
        tasks: rows.map(taskFrom),
        next: next ?? undefined,
      };
    },
    async advance(steps) {
      const [verdicts] = await db.call(P.advanceRuns, [steps.map(stepTuple)]);
      return steps.filter((_, i) => verdicts[i] === 'lost');
    },
    async asked({ id, lease }, after) {
      const [stopBy, rows] = await db.call(P.askedOfRun, [id, lease, after]);
      const forced = rows.flatMap(([, task, status, by]): Forced[] =>
        status === 'waiting' || status === 'running' ? [{ task, status, by }] : [],
      );
      return { stopBy, forced, last: rows.at(-1)?.[0] ?? after };
    },
    async addLog(pieces) {
      const [lost] = await db.call(P.addTaskLogs, [pieces.map(pieceTuple)]);
      return pieces.filter(({ id }) => lost.includes(id));
    },
  };
}
