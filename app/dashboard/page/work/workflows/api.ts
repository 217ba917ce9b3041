import { withQuery } from '../../shared/http_client.js';
import { call } from '../../shared/rpc_client.js';
import type { LogPage } from '../shared/log_page.js';

/** The API of workflows as the page uses it. All functions throw ApiError. Times are in seconds since 1970. */

export type WorkflowName = { project: string; workflow: string };

export type WorkflowStatus = 'not run' | 'running' | 'stopping' | 'stopped' | 'success' | 'error';

export type WorkflowTask = {
  name: string;
  place: number;
  exec: 'await' | 'parallel';
  function: string;
  status: string;
  /** The status with its number: `error(3)`. */
  label: string;
  attempt: number;
  started: number | null;
  ended: number | null;
};

export type WorkflowState = WorkflowName & {
  status: WorkflowStatus;
  run_id: number | null;
  started: number | null;
  ended: number | null;
  tasks: readonly WorkflowTask[];
};

/** What an event reports; `tasks` is null when there are too many of them. */
export type WorkflowNews = Omit<WorkflowState, 'tasks'> & { tasks: readonly WorkflowTask[] | null };

/** `ended` is absent while the run goes on. */
type LastRun = { run_id: number; status: string; started: number; ended?: number | null };
export type ListedWorkflow = { name: string; status: WorkflowStatus; tasks: number; last_run: LastRun | null };
export type ListedProject = { project: string; workflows: readonly ListedWorkflow[] };

/** `task` is null in changes of the run itself. */
export type StatusChange = {
  run_id: number | null;
  task: string | null;
  status: string;
  label: string;
  at: number;
  by: string;
  why: string | null;
};

/** `log` has the last lines of the task that the sentence is about. */
export type Reason = { why: string; task: string | null; log: readonly string[] };
export type Estimate = { runs: number; elapsed_s: number | null; left_s: { median: number; p90: number } | null };

/** Whether a run goes on. */
export function isActive(status: WorkflowStatus): boolean {
  return status === 'running' || status === 'stopping';
}

/** A stream of `status`, with all tasks, and `change`, with those that changed. */
export function eventsPath({ project, workflow }: WorkflowName): string {
  return withQuery('/workflows/events', { project, workflow });
}

export function readProjects(signal?: AbortSignal): Promise<ListedProject[]> {
  return call('workflow.list', {}, signal);
}

export function readWorkflow(name: WorkflowName, signal?: AbortSignal): Promise<WorkflowState> {
  return call('workflow.status', name, signal);
}

/** `task`: that one alone. */
export async function runWorkflow(name: WorkflowName, task?: string): Promise<void> {
  await call('workflow.run', { ...name, ...(task !== undefined && { task }) });
}

export async function stopWorkflow(name: WorkflowName): Promise<void> {
  await call('workflow.stop', name);
}

export const TREE_USES = ['create', 'update', 'delete'] as const;
export type TreeUse = (typeof TREE_USES)[number];

type Changed = { workflows?: readonly string[]; tasks?: readonly string[] };
type TreeAnswer = { created?: Changed; updated?: Changed; deleted?: Changed };

/** Applies a tree, or says what it would change. Answers the names of workflows and tasks: `wf1`, `wf1/t1`. */
export async function applyTree(use: TreeUse, tree: object, isDry: boolean): Promise<string[]> {
  const answer = await call<TreeAnswer>(`workflow.${use}`, { ...tree, ...(isDry && { dry_run: true }) });
  const { workflows = [], tasks = [] } = answer.created ?? answer.updated ?? answer.deleted ?? {};
  return [...workflows, ...tasks];
}

/** A project as a tree that `update` takes back. */
export function readTree(project: string): Promise<object> {
  return call('workflow.dump', { project });
}

/** In the order in which people know them. */
export const TASK_STATUSES = [
  ...['waiting', 'running', 'success', 'error', 'terminated', 'new', 'not run'],
  ...['rerun', 'stopping', 'stopped', 'killed', 'immortal'],
] as const;

/** Forces a status on a task; who and `why` is kept. */
export async function setStatus(name: WorkflowName, task: string, status: string, why: string): Promise<void> {
  await call('workflow.set_status', { ...name, task, status, ...(why !== '' && { why }) });
}

const MAX_HISTORY = 1_000;

/** Newest first. */
export function readHistory(name: WorkflowName, signal?: AbortSignal): Promise<StatusChange[]> {
  return call('workflow.history', { ...name, limit: MAX_HISTORY }, signal);
}

export function readReason(name: WorkflowName, signal?: AbortSignal): Promise<Reason> {
  return call('workflow.why', name, signal);
}

export function readEstimate(name: WorkflowName, signal?: AbortSignal): Promise<Estimate> {
  return call('workflow.eta', name, signal);
}

const LOG_PAGE_BYTES = 256 * 1024;
/** How long the service holds a request until something is printed. */
const LOG_WAIT_S = 20;

/** What a task printed in its last run from a place on, in bytes, once there is something. */
export function readLog(name: WorkflowName, task: string, from: number, signal?: AbortSignal): Promise<LogPage> {
  return call('workflow.log', { ...name, task, from, limit: LOG_PAGE_BYTES, wait_s: LOG_WAIT_S }, signal);
}
