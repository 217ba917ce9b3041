import { type ChangePlace, type Changes, pollChanges } from '../../db/change_feed.js';
import type { Client } from '../../db/client.js';
import { fromLua } from '../../db/errors.js';
import { decodeStringBytes } from '../../db/wire/msgpack.js';
import type { ServiceError } from '../../errors.js';
import { canonicalJson } from '../../http/json/canonical_json.js';
import { type Job, jobFrom, type StatusChange, statusChangeFrom } from './job.js';
import {
  type HistoryTuple,
  JOB_PROCEDURES,
  type JobFilter,
  type JobPage,
  type JobSpecTuple,
  type JobType,
} from './procedures.js';

export type { JobFilter, JobSpecTuple, JobType } from './procedures.js';

/** Rows in one answer at most (tarantool/work/jobs/list.lua). */
const MAX_FOUND = 1000;

/** Of a job to be stored. `args`: JSON text. `taskId`: a new uuid; the same one again answers the job stored first. */
export type JobSpec = {
  taskId: string;
  name: string;
  type: JobType;
  user: string;
  script: string;
  args: string;
  meta: Readonly<Record<string, unknown>>;
  priority: number;
  maxAttempts: number;
  backoffS: number;
  timeoutS: number;
  memoryMb: number;
  runAt?: number | undefined;
  key?: string | undefined;
};

/** An id (people's number) or a task_id (uuid). */
export type JobRef = number | string;

export type JobLogPage = { text: string; from: number; next: number; hasEnded: boolean };

/** What the faces of the engine ask for (docs/engine.md). All methods throw ServiceError. */
export type JobsRepository = {
  /** At most 100. An outcome for each, in order: what is refused does not stop the others. */
  create(specs: readonly JobSpec[], maxOpen: number | undefined): Promise<(Job | ServiceError)[]>;
  get(ref: JobRef): Promise<Job>;
  /** The JSON text of the arguments, or of the result (undefined: there is none), however long it is. */
  textOf(id: number, what: 'args' | 'result'): Promise<string | undefined>;
  /** Jobs in order of their ids, `limit` at most after `offset`, and how many fit the filter. */
  list(filter: JobFilter, page: ListPage): Promise<{ jobs: Job[]; total: number }>;
  /** The same, for jobs whose meta has all these members. Looks at every job of the filter. */
  find(
    filter: JobFilter,
    meta: Readonly<Record<string, unknown>>,
    page: ListPage,
  ): Promise<{ jobs: Job[]; total: number }>;
  /** All of them, oldest first. */
  history(ref: JobRef): Promise<StatusChange[]>;
  /** Of all jobs of the type, or of all types, newest first. */
  statuses(before: number | undefined, limit: number, type?: JobType): Promise<StatusChange[]>;
  log(id: number, from: number, limit: number): Promise<JobLogPage>;
  /** A piece of an attached file, from 0 on. INTERNAL when it is gone: the job was removed or run again. */
  filePiece(id: number, lease: number, piece: number): Promise<Buffer>;
  cancel(ref: JobRef, by: string): Promise<Job>;
  retry(ref: JobRef, by: string, maxOpen: number | undefined): Promise<Job>;
  /** What changed after the place, as id -> JOB_CHANGES; after two seconds with nothing. For createChangeFeed. */
  changes(place?: ChangePlace): Promise<Changes>;
};

/** What a change of a job is (tarantool/work/jobs/state/changes.lua). */
export const JOB_CHANGES = { removed: 0, progress: 1, status: 2 } as const;

/** `after`: jobs of ids beyond it in the order of the page. */
export type ListPage = { isDescending: boolean; offset?: number; limit: number; after?: number };

function canonicalMembers(meta: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(meta).map(([name, value]) => [name, canonicalJson(value)]));
}

/** As svodka.jobs.create takes it. */
export function specTuple(spec: JobSpec): JobSpecTuple {
  return [
    spec.taskId,
    spec.name,
    spec.type,
    spec.user,
    spec.script,
    spec.args,
    canonicalMembers(spec.meta),
    spec.priority,
    spec.maxAttempts,
    spec.backoffS,
    spec.timeoutS,
    spec.memoryMb,
    spec.runAt ?? null,
    spec.key ?? null,
  ];
}

function pageInput(page: ListPage, limit: number, { offset = 0, after = page.after }): JobPage {
  return { descending: page.isDescending, limit, offset, ...(after === undefined ? {} : { after }) };
}

export function createJobsRepository(db: Client): JobsRepository {
  return {
    async create(specs, maxOpen) {
      const [outcomes] = await db.call(JOB_PROCEDURES.createJobs, [specs.map(specTuple), maxOpen ?? null]);
      return outcomes.map((outcome) => (outcome[0] ? jobFrom(outcome[1]) : fromLua(outcome[1], undefined)));
    },

    async get(ref) {
      const [tuple] = await db.call(JOB_PROCEDURES.getJob, [ref]);
      return jobFrom(tuple);
    },

    async textOf(id, what) {
      const [text] = await db.call(JOB_PROCEDURES.jobText, [id, what]);
      return text ?? undefined;
    },

    async list(filter, page) {
      const jobs: Job[] = [];
      let total: number | null = null;
      let place: { offset?: number; after?: number } = page.offset === undefined ? {} : { offset: page.offset };
      for (;;) {
        const input = pageInput(page, page.limit - jobs.length, place);
        const [counted, next, left, tuples] = await db.call(JOB_PROCEDURES.listJobs, [filter, input]);
        total ??= counted;
        for (const tuple of tuples) jobs.push(jobFrom(tuple));
        if (next === null || jobs.length >= page.limit) return { jobs, total: total ?? 0 };
        place = { offset: left, after: next };
      }
    },

    async find(filter, meta, page) {
      const jobs: Job[] = [];
      const wanted = canonicalMembers(meta);
      const first = page.offset ?? 0;
      let total = 0;
      let after = page.after;
      for (;;) {
        const input = pageInput(page, MAX_FOUND, after === undefined ? {} : { after });
        const [next, tuples] = await db.call(JOB_PROCEDURES.findJobs, [filter, wanted, input]);
        for (const tuple of tuples) {
          if (total >= first && jobs.length < page.limit) jobs.push(jobFrom(tuple));
          total++;
        }
        if (next === null) return { jobs, total };
        after = next;
      }
    },

    async history(ref) {
      const changes: StatusChange[] = [];
      let after: number | null = null;
      do {
        const page: [number | null, HistoryTuple[]] = await db.call(JOB_PROCEDURES.jobHistory, [ref, after, MAX_FOUND]);
        const [next, rows] = page;
        for (const row of rows) changes.push(statusChangeFrom(row));
        after = next;
      } while (after !== null);
      return changes;
    },

    async statuses(before, limit, type) {
      const changes: StatusChange[] = [];
      let next: number | null = before ?? null;
      do {
        const page: [number | null, HistoryTuple[]] = await db.call(JOB_PROCEDURES.jobStatuses, [
          ...([next, limit - changes.length, type ?? null] as const),
        ]);
        for (const row of page[1]) changes.push(statusChangeFrom(row));
        next = page[0];
      } while (next !== null && changes.length < limit);
      return changes;
    },

    async log(id, from, limit) {
      const [start, next, hasEnded, text] = await db.call(JOB_PROCEDURES.jobLog, [id, from, limit]);
      return { text, from: start, next, hasEnded };
    },

    async filePiece(id, lease, piece) {
      const [packed] = await db.call(JOB_PROCEDURES.jobFilePiece, [id, lease, piece]);
      return decodeStringBytes(packed, 0);
    },

    async cancel(ref, by) {
      const [tuple] = await db.call(JOB_PROCEDURES.cancelJob, [ref, by]);
      return jobFrom(tuple);
    },

    async retry(ref, by, maxOpen) {
      const [tuple] = await db.call(JOB_PROCEDURES.retryJob, [ref, by, maxOpen ?? null]);
      return jobFrom(tuple);
    },

    changes: (known) => pollChanges((...args) => db.call(JOB_PROCEDURES.jobChanges, args), known),
  };
}
