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

export type RunStatus = 'running' | 'stopping' | 'stopped' | 'success' | 'error';

/** Whether nothing of the task follows in its run. */
export function isOver(status: TaskStatus): boolean {
  return status === 'success' || isFailure(status);
}

/** Whether the task has ended, and not with success. */
export function isFailure(status: TaskStatus): boolean {
  return status === 'error' || status === 'terminated' || status === 'stopped' || status === 'killed';
}
