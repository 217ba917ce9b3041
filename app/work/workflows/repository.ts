import { type ChangePlace, type Changes, pollChanges } from '../../db/change_feed.js';
import type { Client } from '../../db/client.js';
import { hasCode } from '../../errors.js';
import type { JobSpecTuple } from '../jobs/service.js';
import type { TaskStatus, WorkflowStatus } from './model/statuses.js';
import type { Document, Label, Task } from './model/tree.js';
import {
  type HistoryTuple,
  type ListTuple,
  WORKFLOW_PROCEDURES as P,
  type PageInput,
  type StatusTuple,
  type WorkflowHead,
} from './procedures.js';
import { createCreate, documentTuple } from './storing/repository.js';

/** tarantool/work/workflows/read.lua: a page of this length takes about 3 ms of the TX thread. */
const PAGE = 500;
/** A read in pages starts again when the tree is changed meanwhile. */
const MAX_READS = 3;

export type WorkflowName = { project: string; workflow: string };

/** A task as it is now. Times in seconds since 1970. */
export type TaskState = {
  name: string;
  place: number;
  exec: 'await' | 'parallel';
  fn: string;
  status: TaskStatus;
  code: number | null;
  pid: number | null;
  attempt: number;
  started: number | null;
  ended: number | null;
  cause: { kind: string; code?: number; signal?: string } | null;
  /** Bytes of its log in this run. */
  logEnd: number;
};

/** A workflow as it is now: its last run, and the number of its tasks. */
export type WorkflowState = WorkflowName & {
  id: number;
  status: WorkflowStatus;
  runId: number | null;
  /** The only task that the run has; null: it has all of them. */
  runTask: string | null;
  started: number | null;
  ended: number | null;
  runBy: string | null;
  stopBy: string | null;
  taskCount: number;
  /** Rises with each change of the tree. */
  layout: number;
  /** The last version of a task's state. */
  mark: number;
};

export type WholeWorkflow = WorkflowState & { tasks: TaskState[] };

export type ListedProject = {
  project: string;
  label: Label;
  workflows: {
    name: string;
    label: Label;
    status: WorkflowStatus;
    taskCount: number;
    lastRun: { runId: number; status: WorkflowStatus; started: number | null; ended: number | null } | null;
  }[];
};

export type PlacedTask = Task & { place: number };

export type WorkflowChange = {
  id: number;
  runId: number | null;
  /** null: the run itself. */
  task: string | null;
  status: string;
  code: number | null;
  pid: number | null;
  at: number;
  by: string;
  why: string | null;
};

type PastRun = {
  runId: number;
  /** null: all of them. */
  task: string | null;
  status: WorkflowStatus;
  started: number;
  ended: number | null;
};

export type TaskLogPage = { workflowId: number; text: string; from: number; next: number; hasEnded: boolean };

/** All methods throw ServiceError: WORKFLOW_NOT_FOUND, WORKFLOW_STATE. */
export type WorkflowsRepository = {
  /** The names of the workflows that were made. */
  create(document: Document, isDry: boolean): Promise<string[]>;
  delete(document: Document, isDry: boolean): Promise<void>;
  update(document: Document, isDry: boolean): Promise<void>;
  run(name: WorkflowName, task: string | null, by: string, spec: JobSpecTuple): Promise<number>;
  /** @throws INVALID_INPUT when several projects have the workflow and none is given */
  stop(project: string | null, workflow: string, by: string): Promise<number>;
  setStatus(name: WorkflowName & { task: string }, status: TaskStatus, by: string, why: string | null): Promise<void>;
  list(project: string | null): Promise<ListedProject[]>;
  state(name: WorkflowName): Promise<WorkflowState>;
  /** With the tasks, or the one. */
  status(name: WorkflowName, task?: string): Promise<WholeWorkflow>;
  /** What changed since; `tasks`: those that changed, undefined when all may have. */
  changedSince(state: WorkflowState): Promise<WorkflowState & { tasks: TaskState[] | undefined }>;
  dump(name: WorkflowName, task?: string): Promise<{ projectLabel: Label; label: Label; tasks: PlacedTask[] }>;
  /** Newest first. `before`: entries of smaller ids. */
  history(name: WorkflowName, task: string | null, before: number | null, limit: number): Promise<WorkflowChange[]>;
  /** Newest first. */
  runs(name: WorkflowName, limit: number): Promise<PastRun[]>;
  log(name: WorkflowName, task: string, from: number, limit: number): Promise<TaskLogPage>;
  /** What changed after the place, as workflow id -> what (tarantool/work/workflows/changes.lua). For createChangeFeed. */
  changes(place?: ChangePlace): Promise<Changes>;
};

function stateFrom(head: WorkflowHead): WorkflowState {
  const [id, project, workflow, status, runId, runTask, started, ended, runBy, stopBy, taskCount, layout, mark] = head;
  return {
    ...{ id, project, workflow, status: status as WorkflowStatus, runId, runTask, started, ended },
    ...{ runBy, stopBy, taskCount, layout, mark },
  };
}

function taskFrom(tuple: StatusTuple): TaskState {
  const [name, place, exec, fn, status, code, pid, attempt, started, ended, cause, logEnd] = tuple;
  return {
    ...{ name, place, exec, fn, status: status as TaskStatus, code, pid, attempt, started, ended },
    cause: cause === null ? null : JSON.parse(cause),
    logEnd,
  };
}

function changeFrom([id, , runId, task, status, code, pid, at, by, why]: HistoryTuple): WorkflowChange {
  return { id, runId, task: task === '' ? null : task, status, code, pid, at, by, why };
}

/** Project and workflow of the last row that was read; the workflow is empty for none. */
type ListPlace = readonly [project: string, workflow: string] | null;

/** Adds a row to the project that it is of: the last one, or a new one. */
function addListed(projects: ListedProject[], row: ListTuple): void {
  const [project, projectLabel, name, label = null, status, taskCount = 0, runId, started = null, ended = null] = row;
  let listed = projects.at(-1);
  if (listed?.project !== project) {
    listed = { project, label: projectLabel, workflows: [] };
    projects.push(listed);
  }
  if (name === undefined) return;
  const runStatus = status as WorkflowStatus;
  const lastRun = runId === undefined || runId === null ? null : { runId, status: runStatus, started, ended };
  listed.workflows.push({ name, label, status: runStatus, taskCount, lastRun });
}

/** Reads all pages of one tree: starts again when it is changed meanwhile. */
async function readPages<Head, Row>(
  task: string | undefined,
  layoutOf: (head: Head) => number,
  read: (page: PageInput) => Promise<[head: Head, next: number | null, rows: Row[]]>,
): Promise<{ head: Head; rows: Row[] }> {
  const named = task === undefined ? {} : { task };
  for (let reads = 1; ; reads++) {
    try {
      let [head, next, rows] = await read({ ...named, after: 0, limit: PAGE });
      while (next !== null) {
        const page = { ...named, after: next, limit: PAGE, layout: layoutOf(head) };
        const [newer, following, more]: [Head, number | null, Row[]] = await read(page);
        [head, next, rows] = [newer, following, [...rows, ...more]];
      }
      return { head, rows };
    } catch (reason) {
      if (!hasCode(reason, 'WORKFLOW_KEEPS_CHANGING') || reads === MAX_READS) throw reason;
    }
  }
}

export function createWorkflowsRepository(db: Client): WorkflowsRepository {
  return {
    create: createCreate(db),

    async delete(document, isDry) {
      await db.call(P.deleteWorkflows, [documentTuple(document), isDry]);
    },

    async update(document, isDry) {
      await db.call(P.updateWorkflows, [documentTuple(document), isDry]);
    },

    async run({ project, workflow }, task, by, spec) {
      const [runId] = await db.call(P.runWorkflow, [project, workflow, task, by, spec]);
      return runId;
    },

    async stop(project, workflow, by) {
      const [runId] = await db.call(P.stopWorkflow, [project, workflow, by]);
      return runId;
    },

    async setStatus({ project, workflow, task }, status, by, why) {
      await db.call(P.setTaskStatus, [{ project, workflow, task }, status, by, why]);
    },

    async list(project) {
      const projects: ListedProject[] = [];
      let after: ListPlace = null;
      for (;;) {
        const args: [string | null, ListPlace] = [project, after];
        const [hasMore, rows]: [boolean, ListTuple[]] = await db.call(P.listWorkflows, args);
        for (const row of rows) addListed(projects, row);
        const last = rows.at(-1);
        if (!hasMore || last === undefined) return projects;
        after = [last[0], last[2] ?? ''];
      }
    },

    async state({ project, workflow }) {
      const [head] = await db.call(P.workflowStatus, [project, workflow, { after: 0, limit: 0 }]);
      return stateFrom(head);
    },

    async status({ project, workflow }, task) {
      const { head, rows } = await readPages(
        task,
        (newest: WorkflowHead) => newest[11],
        (page) => db.call(P.workflowStatus, [project, workflow, page]),
      );
      return { ...stateFrom(head), tasks: rows.map(taskFrom) };
    },

    async changedSince({ id, runId, layout, mark }) {
      const [head, tasks] = await db.call(P.workflowChanged, [id, runId, layout, mark]);
      return { ...stateFrom(head), tasks: tasks?.map(taskFrom) };
    },

    async dump({ project, workflow }, task) {
      const { head, rows } = await readPages(
        task,
        (newest: [projectLabel: Label, label: Label, layout: number]) => newest[2],
        (page) => db.call(P.dumpWorkflow, [project, workflow, page]),
      );
      const tasks = rows.map(([name, label, place, exec, fn, params, env, tries, timeoutS, graceS]) => ({
        ...{ name, label, place, exec, fn, params, env: Object.fromEntries(env), tries, timeoutS, graceS },
      }));
      return { projectLabel: head[0], label: head[1], tasks };
    },

    async history({ project, workflow }, task, before, limit) {
      const [rows] = await db.call(P.workflowHistory, [project, workflow, task, before, limit]);
      return rows.map(changeFrom);
    },

    async runs({ project, workflow }, limit) {
      const [rows] = await db.call(P.workflowRuns, [project, workflow, limit]);
      return rows.map(([runId, , task, status, started, ended]) => {
        return { runId, task: task === '' ? null : task, status: status as WorkflowStatus, started, ended };
      });
    },

    async log({ project, workflow }, task, from, limit) {
      const [workflowId, start, next, hasEnded, text] = await db.call(P.workflowLog, [
        ...([project, workflow, task, from, limit] as const),
      ]);
      return { workflowId, text, from: start, next, hasEnded };
    },

    changes: (known) => pollChanges((...args) => db.call(P.workflowChanges, args), known),
  };
}
