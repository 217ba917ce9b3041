import { read, readPacked, write } from '../../db/procedure.js';
import type { ByteString, MsgpackInput } from '../../db/wire/msgpack.js';
import type { Status } from './model/transitions.js';

/** A tuple of the space `jobs` (docs/engine.md). Times in seconds since 1970. */
export type JobTuple = [
  id: number,
  taskId: string,
  name: string,
  type: JobType,
  user: string,
  status: Status,
  script: string,
  args: string,
  argsBytes: number,
  meta: ReadonlyMap<string, string>,
  priority: number,
  attempt: number,
  maxAttempts: number,
  lastAttempt: number,
  faults: number,
  backoffS: number,
  timeoutS: number,
  memoryMb: number,
  runAt: number | null,
  readyAt: number,
  key: string | null,
  progress: string | null,
  result: string | null,
  resultBytes: number,
  errortext: string | null,
  cause: string | null,
  lease: number,
  lockedBy: string | null,
  cancelledBy: string | null,
  created: number,
  updated: number,
  started: number | null,
  ended: number,
  logEnd: number,
  file: [lease: number, pieces: number, bytes: number, contentType: string] | null,
  hasFiles: boolean,
];

export type JobType = 'script' | 'run';

export type JobSpecTuple = readonly [
  taskId: string,
  name: string,
  type: JobType,
  user: string,
  script: string,
  args: string,
  meta: Readonly<Record<string, string>>,
  priority: number,
  maxAttempts: number,
  backoffS: number,
  timeoutS: number,
  memoryMb: number,
  runAt: number | null,
  key: string | null,
];

export type HistoryTuple = [
  id: number,
  jobId: number,
  status: Status,
  at: number,
  attempt: number,
  cause: string | null,
  by: string,
];

/** Members that are undefined are to be left out. */
export type JobFilter = { readonly user?: string; readonly type?: JobType; readonly status?: Status };
export type JobPage = {
  readonly descending: boolean;
  readonly limit: number;
  readonly offset?: number;
  readonly after?: number;
};

/** All places of an executor, free or not. */
export type Capacity = Readonly<Partial<Record<JobType, number>>>;

export type OutcomeTuple = readonly [
  id: number,
  lease: number,
  kind: 'finish' | 'fail' | 'stop',
  body: {
    readonly result?: string | ByteString;
    readonly errortext?: string;
    readonly cause?: string;
    readonly progress?: string;
    readonly file?: readonly [pieces: number, bytes: number, contentType: string];
  },
];

export type ReportTuple = readonly [
  id: number,
  lease: number,
  progress: string | null,
  at: number | null,
  text: string | ByteString | null,
];

type Ref = number | string;
/** MsgpackInput without the index signature that an interface of optional members has not. */
type Input<T> = T & MsgpackInput;

/** Procedures of the engine (tarantool/work/jobs.lua), described in docs/engine.md. */
export const JOB_PROCEDURES = {
  createJobs: write<
    [specs: readonly JobSpecTuple[], maxOpen: number | null],
    [outcomes: ([stored: true, job: JobTuple] | [stored: false, code: string])[]]
  >('svodka.jobs.create'),
  getJob: read<[ref: Ref], [job: JobTuple]>('svodka.jobs.get'),
  jobText: read<[id: number, what: 'args' | 'result'], [text: string | null]>('svodka.jobs.text'),
  listJobs: read<
    [filter: Input<JobFilter>, page: Input<JobPage>],
    [total: number | null, next: number | null, left: number, jobs: JobTuple[]]
  >('svodka.jobs.list'),
  findJobs: read<
    [filter: Input<JobFilter>, meta: Readonly<Record<string, string>>, page: Input<JobPage>],
    [next: number | null, jobs: JobTuple[]]
  >('svodka.jobs.find'),
  jobHistory: read<[ref: Ref, after: number | null, limit: number], [next: number | null, rows: HistoryTuple[]]>(
    'svodka.jobs.history',
  ),
  jobStatuses: read<
    [before: number | null, limit: number, type: JobType | null],
    [next: number | null, rows: HistoryTuple[]]
  >('svodka.jobs.statuses'),
  jobLog: read<
    [id: number, from: number, limit: number],
    [from: number, next: number, hasEnded: boolean, text: string]
  >('svodka.jobs.log'),
  /** The bytes as a MessagePack string. */
  jobFilePiece: readPacked<[id: number, lease: number, piece: number], [bytes: Buffer]>('svodka.jobs.file'),
  cancelJob: write<[ref: Ref, by: string], [job: JobTuple]>('svodka.jobs.cancel'),
  retryJob: write<[ref: Ref, by: string, maxOpen: number | null], [job: JobTuple]>('svodka.jobs.retry'),
  /** Waits; `changes`: id, what, id, what ... with what 0 removed, 1 progress or log, 2 status. */
  jobChanges: read<
    [epoch: number | null, place: number | null, timeoutSeconds: number],
    [epoch: number, place: number, changes: number[] | null]
  >('svodka.jobs.changes'),
  jobTotals: read<[], [rows: [user: string, type: JobType, status: Status, count: number][]]>('svodka.jobs.totals'),
  jobExecutors: read<
    [],
    [
      rows: [
        name: string,
        isWaiting: boolean,
        capacity: ReadonlyMap<JobType, number>,
        held: ReadonlyMap<JobType, number>,
        seenSAgo: number,
      ][],
    ]
  >('svodka.jobs.executors'),
  /** Waits. A write, since what it took is unknown when its answer is lost. */
  pollJobs: write<
    [executor: string, capacity: Input<Capacity>, timeoutS: number],
    [now: number, orders: [id: number, lease: number, what: 'cancel' | 'nudge'][], taken: JobTuple[]]
  >('svodka.jobs.poll'),
  settleJobs: write<
    [executor: string, outcomes: readonly Input<OutcomeTuple>[], capacity: Input<Capacity> | null],
    [now: number, verdicts: ('ok' | 'lost')[], taken: JobTuple[]]
  >('svodka.jobs.settle'),
  /** `holdings`: id, lease, id, lease ... */
  renewJobs: write<[executor: string, holdings: readonly number[]], [now: number, lost: number[], cancelled: number[]]>(
    'svodka.jobs.renew',
  ),
  reportJobs: write<[executor: string, reports: readonly ReportTuple[]], [now: number, lost: number[]]>(
    'svodka.jobs.report',
  ),
  attachPiece: write<[id: number, lease: number, piece: number, bytes: ByteString], []>('svodka.jobs.attach'),
  updatePayload: write<[id: number, lease: number, payload: string | ByteString], []>('svodka.jobs.update_payload'),
  jobPayload: read<[id: number], [payload: string | null]>('svodka.jobs.payload'),
} as const;
