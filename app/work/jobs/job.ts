import type { Status } from './model/transitions.js';
import type { HistoryTuple, JobTuple, JobType } from './procedures.js';

/** Longer JSON texts are not in the row: they are asked for by `textOf`. */
const MAX_INLINE_BYTES = 2048;

/** A job as it is stored. Times in seconds since 1970. */
export type Job = {
  id: number;
  taskId: string;
  name: string;
  type: JobType;
  user: string;
  status: Status;
  script: string;
  /** JSON text; undefined when it is longer than MAX_INLINE_BYTES. */
  args: string | undefined;
  meta: Record<string, unknown>;
  priority: number;
  attempt: number;
  maxAttempts: number;
  timeoutS: number;
  memoryMb: number;
  runAt: number | null;
  key: string | null;
  progress: { fraction: number; text: string } | null;
  /** JSON text; null when there is none, undefined when it is longer than MAX_INLINE_BYTES. */
  result: string | null | undefined;
  errortext: string | null;
  cause: JobCause | null;
  lease: number;
  lockedBy: string | null;
  isCancelled: boolean;
  created: number;
  updated: number;
  started: number | null;
  ended: number | null;
  logEnd: number;
  file: { lease: number; pieces: number; bytes: number; contentType: string } | null;
};

export type JobCause = {
  kind: 'error' | 'exit' | 'signal' | 'timeout' | 'memory' | 'lost' | 'start';
  code?: number;
  signal?: string;
};

export type StatusChange = {
  id: number;
  jobId: number;
  status: Status;
  at: number;
  attempt: number;
  cause: JobCause | null;
  by: string;
};

function parseOrNull<T>(text: string | null): T | null {
  return text === null ? null : JSON.parse(text);
}

function metaFrom(members: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries([...members].map(([name, text]) => [name, JSON.parse(text)]));
}

export function jobFrom(tuple: JobTuple): Job {
  const [id, taskId, name, type, user, status, script, args, argsBytes, members, priority, ...rest] = tuple;
  const [attempt, maxAttempts, , , , timeoutS, memoryMb, runAt, , key, progress, result, resultBytes, ...more] = rest;
  const [errortext, cause, lease, lockedBy, cancelledBy, created, updated, started, ended, logEnd, file] = more;
  return {
    id,
    taskId,
    name,
    type,
    user,
    status,
    script,
    args: argsBytes > MAX_INLINE_BYTES ? undefined : args,
    meta: metaFrom(members),
    priority,
    attempt,
    maxAttempts,
    timeoutS,
    memoryMb,
    runAt,
    key,
    progress: parseOrNull(progress),
    result: resultBytes > MAX_INLINE_BYTES ? undefined : result,
    errortext,
    cause: parseOrNull(cause),
    lease,
    lockedBy,
    isCancelled: cancelledBy !== null,
    created,
    updated,
    started,
    ended: ended === 0 ? null : ended,
    logEnd,
    file: file === null ? null : { lease: file[0], pieces: file[1], bytes: file[2], contentType: file[3] },
  };
}

export function statusChangeFrom([id, jobId, status, at, attempt, cause, by]: HistoryTuple): StatusChange {
  return { id, jobId, status, at, attempt, cause: parseOrNull(cause), by };
}
