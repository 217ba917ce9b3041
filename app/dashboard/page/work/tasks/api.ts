import { send } from '../../shared/http_client.js';
import { call } from '../../shared/rpc_client.js';
import type { LogPage } from '../shared/log_page.js';

/** The engine's API as the page uses it. All functions throw ApiError. Times are in seconds since 1970. */

export const STATUSES = ['enqueued', 'working', 'finished', 'failed', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];
export type Progress = { fraction: number; text: string };
export type Cause = { kind: string; code?: number; signal?: string };
export type Task = {
  id: number;
  status: Status;
  script: string;
  args: unknown;
  name: string;
  user: string;
  priority: number;
  attempt: number;
  max_attempts: number;
  progress: Progress | null;
  result: unknown;
  errortext: string | null;
  cause: Cause | null;
  locked_by: string | null;
  created: number;
  started: number | null;
  ended: number | null;
};
export type StatusChange = { status: Status; at: number; attempt: number; cause: Cause | null; by: string };
export type TaskFilters = { status?: Status; user?: string };
export type NewTask = {
  script: string;
  args: unknown;
  name?: string;
  max_attempts?: number;
  timeout_s?: number;
  memory_mb?: number;
  priority?: number;
};

/** Whether a task has not ended. */
export function isOpen(status: Status): boolean {
  return status === 'enqueued' || status === 'working';
}

/** The words for statuses that events use. */
const FACE_STATUSES: Readonly<Record<string, Status>> = {
  create: 'enqueued',
  rendering: 'working',
  complete: 'finished',
  error: 'failed',
  cancelled: 'cancelled',
};

/** What an event reports of a task. */
export type TaskNews = { status: Status; attempt: number; progress: Progress | null };

export function readNews(data: string): TaskNews {
  const { status, attempt, progress } = JSON.parse(data) as {
    status: string;
    attempt: number;
    progress: Progress | null;
  };
  return { status: FACE_STATUSES[status] ?? 'enqueued', attempt, progress };
}

function taskPath(id: number): string {
  return `/api/v1/tasks/${id}`;
}

/** A stream of `status` and `progress`. */
export function eventsPath(id: number): string {
  return `${taskPath(id)}/events`;
}

/** A page of tasks, the newest first, and how many fit the filters. Runs of workflows are left out. */
export function readTasks(
  filters: TaskFilters,
  page: { offset: number; limit: number },
  signal?: AbortSignal,
): Promise<{ items: Task[]; total: number }> {
  return call('engine.list', { type: 'script', ...filters, ...page }, signal);
}

export function readTask(id: number, signal?: AbortSignal): Promise<Task> {
  return call('engine.status', { task_id: id }, signal);
}

/** Oldest first. */
export function readHistory(id: number, signal?: AbortSignal): Promise<StatusChange[]> {
  return call('engine.history', { task_id: id }, signal);
}

const LOG_PAGE_BYTES = 256 * 1024;
/** How long the service holds a request until something is printed. */
const LOG_WAIT_S = 20;

/** What was printed from a place on, in bytes, once there is something. */
export function readLog(id: number, from: number, signal?: AbortSignal): Promise<LogPage> {
  return call('engine.log', { task_id: id, from, limit: LOG_PAGE_BYTES, wait_s: LOG_WAIT_S }, signal);
}

/** A file of scripts; `functions`: null where only running it would tell. */
export type ScriptModule = { module: string; functions: string[] | null };

/** The scripts that the user may run, as far as they are known by name. */
export async function readScripts(signal?: AbortSignal): Promise<ScriptModule[]> {
  return (await call<{ items: ScriptModule[] }>('engine.scripts', {}, signal)).items;
}

export function createTask(task: NewTask): Promise<Task> {
  return call('engine.create', task);
}

export function cancelTask(id: number): Promise<Task> {
  return call('engine.cancel', { task_id: id });
}

export function retryTask(id: number): Promise<Task> {
  return call('engine.retry', { task_id: id });
}

export type ResultKind = { type: string; bytes: number };

/** The type and the size of what a task made, without the thing. */
export async function readResultKind(id: number, signal: AbortSignal): Promise<ResultKind> {
  const { headers } = await send(`${taskPath(id)}/result`, { method: 'HEAD', signal });
  const [type = ''] = (headers.get('Content-Type') ?? '').split(';');
  return { type, bytes: Number(headers.get('Content-Length') ?? 0) };
}

/** What a task made. */
export async function readResult(id: number, signal?: AbortSignal): Promise<Blob> {
  return (await send(`${taskPath(id)}/result`, signal && { signal })).blob();
}
