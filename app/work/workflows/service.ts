import { randomUUID } from 'node:crypto';
import { createChangeFeed, waitForState } from '../../db/change_feed.js';
import { ServiceError } from '../../errors.js';
import type { Caller } from '../../users/repository.js';
import { isOpen, type JobsService, jobSpecTuple } from '../jobs/service.js';
import { type Eta, estimate } from './model/eta.js';
import { isActive, type TaskStatus } from './model/statuses.js';
import type { Document } from './model/tree.js';
import { type Reason, reasonOf } from './model/why.js';
import type {
  ListedProject,
  PlacedTask,
  TaskLogPage,
  TaskState,
  WholeWorkflow,
  WorkflowChange,
  WorkflowName,
  WorkflowState,
  WorkflowsRepository,
} from './repository.js';
import { createWorkflowWatch, type WorkflowNews } from './watching/watch.js';

/** A run goes on after every crash, however many there are. */
const MAX_ATTEMPTS = 1_000_000;
/** 31 years: a run may last for ever. */
const TIMEOUT_S = 1_000_000_000;
/** Runs that an estimate is made from at most. */
const MAX_PAST_RUNS = 200;
/** Of the log that `why` shows. */
const TAIL_BYTES = 2_048;
const TAIL_LINES = 5;

type TaskName = WorkflowName & { task: string };
type LogRequest = { from: number; limit: number; waitMs: number; over: AbortSignal };
type DumpedProject = Pick<ListedProject, 'project' | 'label'> & {
  workflows: { name: string; label: ListedProject['label']; tasks: PlacedTask[] }[];
};
type Why = Reason & { state: WorkflowState; log: string[] };

/** Names: what is changed. Tasks as `workflow/task`. */
type Changed = { workflows: string[]; tasks: string[] };

/** All methods throw ServiceError: WORKFLOW_NOT_FOUND, WORKFLOW_STATE. Times in seconds since 1970. */
export type WorkflowsService = {
  create(document: Document, isDry: boolean): Promise<Changed>;
  delete(document: Document, isDry: boolean): Promise<Changed>;
  update(document: Document, isDry: boolean): Promise<Changed>;
  /** Starts the workflow, or one task of it; the id of the run. */
  run(caller: Caller, name: WorkflowName, task: string | undefined): Promise<number>;
  /** @throws INVALID_INPUT when several projects have the workflow and none is given */
  stop(caller: Caller, workflow: string, project: string | undefined): Promise<number>;
  setStatus(caller: Caller, name: TaskName, status: TaskStatus, why: string | undefined): Promise<TaskState>;
  list(project: string | undefined): Promise<ListedProject[]>;
  status(name: WorkflowName, task?: string): Promise<WholeWorkflow>;
  dump(project: string, workflow: string | undefined, task: string | undefined): Promise<DumpedProject>;
  history(name: WorkflowName, task: string | undefined, limit: number): Promise<WorkflowChange[]>;
  /** A page that is empty before the end of the log is answered after `waitMs`, or when `over` is aborted. */
  log(name: TaskName, page: LogRequest): Promise<TaskLogPage>;
  why(caller: Caller, name: WorkflowName): Promise<Why>;
  eta(name: WorkflowName): Promise<Eta & { state: WorkflowState }>;
  /** As WorkflowWatch. */
  watch(name: WorkflowName, listener: (news: WorkflowNews | undefined) => void): Promise<() => void>;
  watcherCount(): number;
};

type WorkflowsServiceParts = {
  repository: WorkflowsRepository;
  jobs: JobsService;
  now?: () => number;
};

function taskPaths({ workflows }: Document): string[] {
  return workflows.flatMap(({ name, tasks }) => (tasks ?? []).map((task) => `${name}/${task.name}`));
}

function lastLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-TAIL_LINES);
}

function nowS(): number {
  return Date.now() / 1_000;
}

export function createWorkflowsService({ repository, jobs, now = nowS }: WorkflowsServiceParts): WorkflowsService {
  const feed = createChangeFeed(repository.changes);
  const { watch, watcherCount } = createWorkflowWatch(feed, repository);

  /** Whether an executor carries the run out. Its job may be gone: then it has ended. */
  async function isTaken(caller: Caller, { runId, status }: WorkflowState): Promise<boolean> {
    if (runId === null || !isActive(status)) return false;
    const job = await jobs.get(caller, runId);
    return isOpen(job.status) && job.lockedBy !== null;
  }

  async function tailOf(name: WorkflowName, task: string | null, tasks: readonly TaskState[]): Promise<string[]> {
    const state = tasks.find((each) => each.name === task);
    if (task === null || state === undefined || state.logEnd === 0) return [];
    const from = Math.max(0, state.logEnd - TAIL_BYTES);
    const { text } = await repository.log(name, task, from, TAIL_BYTES);
    // The first line is cut, unless the log begins there.
    return lastLines(from === 0 ? text : text.slice(text.indexOf('\n') + 1));
  }

  return {
    async create(document, isDry) {
      return { workflows: await repository.create(document, isDry), tasks: taskPaths(document) };
    },

    async update(document, isDry) {
      await repository.update(document, isDry);
      return { workflows: [], tasks: taskPaths(document) };
    },

    async delete(document, isDry) {
      if (document.workflows.length === 0) {
        throw new ServiceError('WORKFLOW_STATE', 'A project cannot be deleted. Nothing was changed.', {
          violations: [
            { pointer: '/context/project', code: 'NOT_ALLOWED', detail: 'cannot be deleted: name workflows' },
          ],
        });
      }
      await repository.delete(document, isDry);
      const workflows = document.workflows.filter(({ tasks }) => tasks === null).map(({ name }) => name);
      return { workflows, tasks: taskPaths(document) };
    },

    run({ username }, name, task) {
      const taskId = randomUUID();
      const path = [name.project, name.workflow, ...(task === undefined ? [] : [task])].join('/');
      const spec = jobSpecTuple({
        taskId,
        // Unique, and people see what it is in lists of the engine.
        name: `${path} ${taskId}`,
        type: 'run',
        user: username,
        script: path,
        args: '{}',
        meta: { ...name, ...(task !== undefined && { task }) },
        priority: 0,
        maxAttempts: MAX_ATTEMPTS,
        backoffS: 1,
        timeoutS: TIMEOUT_S,
        memoryMb: 1,
      });
      return repository.run(name, task ?? null, username, spec);
    },

    stop: ({ username }, workflow, project) => repository.stop(project ?? null, workflow, username),

    async setStatus({ username }, name, status, why) {
      await repository.setStatus(name, status, username, why ?? null);
      const { tasks } = await repository.status(name, name.task);
      return tasks[0] as TaskState;
    },

    list: (project) => repository.list(project ?? null),
    status: (name, task) => repository.status(name, task),

    async dump(project, workflow, task) {
      if (workflow !== undefined) {
        const { projectLabel, label, tasks } = await repository.dump({ project, workflow }, task);
        return { project, label: projectLabel, workflows: [{ name: workflow, label, tasks }] };
      }
      const [listed] = await repository.list(project);
      const { label, workflows } = listed as ListedProject;
      const dumped: DumpedProject['workflows'] = [];
      for (const each of workflows) {
        const { tasks } = await repository.dump({ project, workflow: each.name });
        dumped.push({ name: each.name, label: each.label, tasks });
      }
      return { project, label, workflows: dumped };
    },

    history: (name, task, limit) => repository.history(name, task ?? null, null, limit),

    async log(name, { from, limit, waitMs, over }) {
      const look = () => repository.log(name, name.task, from, limit);
      const isEnough = ({ text, hasEnded }: TaskLogPage) => text !== '' || hasEnded;
      const page = await look();
      if (waitMs === 0 || isEnough(page)) return page;
      return waitForState({ feed, key: page.workflowId, look, isEnough }, waitMs, over);
    },

    async why(caller, name) {
      const { tasks, ...state } = await repository.status(name);
      const run = { ...state, isTaken: await isTaken(caller, state), tasks };
      const reason = reasonOf(run, now());
      return { ...reason, state, log: await tailOf(name, reason.task, tasks) };
    },

    async eta(name) {
      const state = await repository.state(name);
      const isOn = isActive(state.status) && state.started !== null;
      const past = await repository.runs(name, MAX_PAST_RUNS);
      const wanted = isOn ? state.runTask : null;
      const durations = past
        .filter(({ status, task }) => status === 'success' && task === wanted)
        .map(({ started, ended }) => Math.max(0, (ended ?? started) - started));
      return { ...estimate(durations, isOn ? Math.max(0, now() - (state.started ?? 0)) : null), state };
    },

    watch,
    watcherCount,
  };
}
