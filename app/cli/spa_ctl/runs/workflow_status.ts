type Cause = { kind: string; code?: number; signal?: string };

/** A task as `workflow.status` answers it. Times in seconds since 1970. */
export type TaskStatus = {
  name: string;
  place: number;
  exec: 'await' | 'parallel';
  function: string;
  status: string;
  label: string;
  code: number | null;
  pid: number | null;
  attempt: number | null;
  started: number | null;
  ended: number | null;
  cause: Cause | null;
};

export type WorkflowStatus = {
  project: string;
  workflow: string;
  status: string;
  run_id: number | string | null;
  started: number | null;
  ended: number | null;
  tasks: TaskStatus[];
};

const RUNNING: readonly string[] = ['running', 'stopping'];
const UNBEGUN: readonly string[] = ['new', 'not run'];

export function isRunning({ status }: Pick<WorkflowStatus, 'status'>): boolean {
  return RUNNING.includes(status);
}

export function hasBegun({ status }: Pick<TaskStatus, 'status'>): boolean {
  return !UNBEGUN.includes(status);
}

/** Whether the task has ended in this run. */
export function hasEnded({ status }: Pick<TaskStatus, 'status'>): boolean {
  return ['success', 'error', 'terminated', 'stopped', 'killed'].includes(status);
}
