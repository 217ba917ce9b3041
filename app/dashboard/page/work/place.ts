/** What is shown of the wing that runs things. */
type WorkPlace = { name: 'tasks' | 'newTask' | 'unknown' } | { name: 'task'; taskId: number };

/** `/tasks/29` -> place; unknown paths give `unknown`. */
export function parseWorkPath(path: string): WorkPlace {
  if (path === '/tasks') return { name: 'tasks' };
  if (path === '/tasks/new') return { name: 'newTask' };
  const [, id] = /^\/tasks\/(\d{1,15})$/.exec(path) ?? [];
  return id === undefined ? { name: 'unknown' } : { name: 'task', taskId: Number(id) };
}

export const NEW_TASK_HASH = '#/tasks/new';

export function taskHash(taskId: number): string {
  return `#/tasks/${taskId}`;
}
