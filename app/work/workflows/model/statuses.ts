/** Of a task; docs/workflows.md has the diagram. */
export const TASK_STATUSES = [
  'new',
  'not run',
  'running',
  'waiting',
  'error',
  'rerun',
  'success',
  'terminated',
  'stopping',
  'stopped',
  'killed',
  'immortal',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

const RUN_STATUSES = ['running', 'stopping', 'stopped', 'success', 'error'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Of a workflow: that of its last run. */
export const WORKFLOW_STATUSES = ['not run', ...RUN_STATUSES] as const;
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

/** Whether nothing of the task follows in its run. */
export function isOver(status: TaskStatus): boolean {
  return status === 'success' || isFailure(status);
}

/** Whether the task has ended, and not with success. */
export function isFailure(status: TaskStatus): boolean {
  return status === 'error' || status === 'terminated' || status === 'stopped' || status === 'killed';
}

/** Whether a run has begun and not ended. */
export function isActive(status: WorkflowStatus): boolean {
  return status === 'running' || status === 'stopping';
}

/** Whether the task has a process, or did when its run was last heard of. */
export function isAlive(status: TaskStatus): boolean {
  return status === 'running' || status === 'waiting' || status === 'stopping' || status === 'immortal';
}

const WITH_CODE: readonly string[] = ['error', 'success', 'terminated'];

/** What people see: `error(3)`, `terminated(-15)`, `immortal(4711)`; the status alone where there is no number. */
export function labelOf(status: string, code: number | null, pid: number | null): string {
  if (status === 'immortal' && pid !== null) return `${status}(${pid})`;
  return WITH_CODE.includes(status) && code !== null ? `${status}(${code})` : status;
}
