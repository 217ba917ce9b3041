import { randomUUID } from 'node:crypto';
import { createChangeFeed, waitForState } from '../../db/change_feed.js';
import { ServiceError } from '../../errors.js';
import type { Caller } from '../../users/repository.js';
import type { ScriptListing, ScriptsService } from '../scripts/service.js';
import { createJobQueue } from './creating/create_queue.js';
import { createTaskNamer } from './creating/task_name.js';
import { createTurns } from './creating/turns.js';
import type { Job, StatusChange } from './job.js';
import { isOpen } from './model/transitions.js';
import type { JobFilter, JobLogPage, JobRef, JobsRepository, JobType, ListPage } from './repository.js';
import { isOperator, requireVisible, visibleUser } from './rights.js';
import { createEndWait } from './watching/end_wait.js';
import { createJobWatch, type JobListener } from './watching/watch.js';

export { MAX_NAME_CHARACTERS } from './creating/task_name.js';
export type { Job, JobCause, StatusChange } from './job.js';
export { isOpen } from './model/transitions.js';
export { type JobSpecTuple, specTuple as jobSpecTuple } from './repository.js';
export { OPERATORS, TASK_USERS } from './rights.js';

/** What a client asks for; `script` need not exist. */
export type TaskRequest = {
  script: string;
  args: object;
  meta: Readonly<Record<string, unknown>>;
  name?: string | undefined;
  type: JobType;
  priority: number;
  maxAttempts: number;
  backoffS: number;
  timeoutS: number;
  memoryMb: number;
  runAt?: number | undefined;
  key?: string | undefined;
};

/** What a request has when it says nothing of it. */
export const DEFAULT_TASK = {
  args: {},
  meta: {},
  type: 'script',
  priority: 0,
  maxAttempts: 1,
  backoffS: 1,
  timeoutS: 86_400,
  memoryMb: 1_024,
} as const satisfies Partial<TaskRequest>;

/** A job with its whole arguments and result, as JSON texts. */
export type WholeJob = Job & { args: string; result: string | null };

export type JobsFilter = JobFilter & { readonly meta?: Readonly<Record<string, unknown>> | undefined };

type LogRequest = { from: number; limit: number; waitMs: number; over: AbortSignal };

/** An operator sees the jobs of everybody; for others only their own exist. All methods throw ServiceError. */
export type JobsService = {
  /**
   * Those of one `batch`, any object that they share, are stored in the order of the calls.
   * INVALID_INPUT, FORBIDDEN for a script that is not bundled, TOO_MANY_TASKS
   */
  create(caller: Caller, request: TaskRequest, batch?: object): Promise<Job>;
  /** Those that the caller may run. */
  scripts(caller: Caller): Promise<ScriptListing>;
  /** TASK_NOT_FOUND, as all that follow */
  get(caller: Caller, ref: JobRef): Promise<Job>;
  /** The job once it has ended, or as it is after `waitMs` or when `over` is aborted. */
  getEnded(caller: Caller, ref: JobRef, waitMs: number, over: AbortSignal): Promise<Job>;
  list(caller: Caller, filter: JobsFilter, page: ListPage): Promise<{ jobs: Job[]; total: number }>;
  history(caller: Caller, ref: JobRef): Promise<{ job: Job; changes: StatusChange[] }>;
  /** Of all tasks, newest first; for operators. */
  statuses(before: number | undefined, limit: number): Promise<StatusChange[]>;
  /** A page that is empty before the end of the log is answered after `waitMs`, or when `over` is aborted. */
  log(caller: Caller, ref: JobRef, page: LogRequest): Promise<JobLogPage>;
  /** WRONG_STATE when it has ended, or is a run of a workflow */
  cancel(caller: Caller, ref: JobRef): Promise<Job>;
  /** WRONG_STATE when it has not ended or is a run of a workflow, FORBIDDEN, TOO_MANY_TASKS */
  retry(caller: Caller, ref: JobRef): Promise<Job>;
  /** Reads the texts that are too long for the row. */
  whole(job: Job): Promise<WholeJob>;
  /** The pieces of the attached file. */
  filePieces(job: Job): AsyncGenerator<Buffer, void>;
  /** As JobWatch. */
  watch(caller: Caller, id: number, listener: JobListener): Promise<() => void>;
  watcherCount(): number;
};

const NOTHING_STORED = 'Nothing was stored.';

type JobsServiceParts = {
  repository: JobsRepository;
  scripts: ScriptsService;
  /** Of one user. */
  maxOpen: number;
};

/** Members of meta are in the job's row, which is in memory: a megabyte of them would be a thousand times the rest. */
const MAX_META_CHARACTERS = 16_384;

function refuseMeta(code: string, detail: string): never {
  throw new ServiceError('INVALID_INPUT', `1 rule is broken. ${NOTHING_STORED}`, {
    violations: [{ pointer: '/meta', code, detail }],
  });
}

/** Its workflow knows how it goes on and ends. */
function refuseRun(instead: string): never {
  throw new ServiceError('WRONG_STATE', `This is a run of a workflow: ${instead}. Nothing was changed.`);
}

function requireStorable(meta: object): void {
  if (JSON.stringify(meta).length > MAX_META_CHARACTERS) {
    refuseMeta('TOO_LONG', `must have at most ${MAX_META_CHARACTERS} characters as JSON`);
  }
  if (!Object.keys(meta).every((name) => name.isWellFormed())) {
    refuseMeta('LONE_SURROGATE', 'has a name with half of a surrogate pair, which no UTF-8 can hold');
  }
}

export function createJobsService({ repository, scripts, maxOpen }: JobsServiceParts): JobsService {
  const feed = createChangeFeed(repository.changes);
  const { watch, watcherCount } = createJobWatch(feed, repository.get);
  const waitForEnd = createEndWait(feed, repository.get);
  const store = createJobQueue((specs) => repository.create(specs, maxOpen));
  const nameFor = createTaskNamer();
  const inTurn = createTurns();

  async function get(caller: Caller, ref: JobRef): Promise<Job> {
    const job = await repository.get(ref);
    requireVisible(caller, job);
    return job;
  }

  async function requireScript(caller: Caller, script: string): Promise<void> {
    const { isBundled } = await scripts.require(script);
    if (isBundled || isOperator(caller)) return;
    throw new ServiceError('FORBIDDEN', 'Scripts that do not come with Svodka need the role operator.');
  }

  return {
    get,

    async create(caller, request, batch = {}) {
      requireStorable(request.meta);
      await inTurn(batch, requireScript(caller, request.script));
      const { username } = caller;
      return store({
        ...request,
        taskId: randomUUID(),
        name: request.name ?? nameFor(username),
        user: username,
        args: JSON.stringify(request.args),
      });
    },

    scripts: (caller) => scripts.list(!isOperator(caller)),

    async getEnded(caller, ref, waitMs, over) {
      const job = await get(caller, ref);
      return isOpen(job.status) && waitMs > 0 ? waitForEnd(job.id, waitMs, over) : job;
    },

    async list(caller, { meta, ...filter }, page) {
      const own = visibleUser(caller);
      if (own !== undefined && filter.user !== undefined && filter.user !== own) return { jobs: [], total: 0 };
      const visible = own === undefined ? filter : { ...filter, user: own };
      const hasMeta = meta !== undefined && Object.keys(meta).length > 0;
      return hasMeta ? repository.find(visible, meta, page) : repository.list(visible, page);
    },

    async history(caller, ref) {
      const job = await get(caller, ref);
      return { job, changes: await repository.history(job.id) };
    },

    statuses: (before, limit) => repository.statuses(before, limit, 'script'),

    async log(caller, ref, { from, limit, waitMs, over }) {
      const { id } = await get(caller, ref);
      const look = () => repository.log(id, from, limit);
      if (waitMs === 0) return look();
      const isEnough = ({ text, hasEnded }: JobLogPage) => text !== '' || hasEnded;
      return waitForState({ feed, key: id, look, isEnough }, waitMs, over);
    },

    async cancel(caller, ref) {
      const { id, type } = await get(caller, ref);
      if (type === 'run') refuseRun('workflow.stop stops it');
      return repository.cancel(id, caller.username);
    },

    async retry(caller, ref) {
      const { id, script, type } = await get(caller, ref);
      if (type === 'run') refuseRun('workflow.run starts another one');
      // Roles may have been taken away since it was created.
      if (!isOperator(caller)) await requireScript(caller, script);
      return repository.retry(id, caller.username, maxOpen);
    },

    async whole(job) {
      const [args, result] = await Promise.all([
        job.args ?? repository.textOf(job.id, 'args'),
        job.result === undefined ? repository.textOf(job.id, 'result') : job.result,
      ]);
      return { ...job, args: args ?? '{}', result: result ?? null };
    },

    async *filePieces({ id, file }) {
      for (let piece = 0; piece < (file?.pieces ?? 0); piece++) {
        yield await repository.filePiece(id, file?.lease ?? 0, piece);
      }
    },

    async watch(caller, id, listener) {
      await get(caller, id);
      return watch(id, listener);
    },
    watcherCount,
  };
}
