/** What is shown of the wing that runs things. */
type WorkPlace =
  | { name: 'tasks' | 'newTask' | 'workflows' | 'alarms' | 'files' | 'unknown' }
  | { name: 'task'; taskId: number }
  | { name: 'workflow'; project: string; workflow: string };

const LISTS = ['tasks', 'workflows', 'alarms', 'files'] as const;

/** A name as a part of a path; undefined if it is not percent-encoded UTF-8. */
function readName(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** `/tasks/29` -> place; unknown paths give `unknown`. */
export function parseWorkPath(path: string): WorkPlace {
  const list = LISTS.find((name) => path === `/${name}`);
  if (list !== undefined) return { name: list };
  if (path === '/tasks/new') return { name: 'newTask' };
  const [, id] = /^\/tasks\/(\d{1,15})$/.exec(path) ?? [];
  if (id !== undefined) return { name: 'task', taskId: Number(id) };
  const [, project, workflow] = /^\/workflows\/([^/]+)\/([^/]+)$/.exec(path)?.map(readName) ?? [];
  return project === undefined || workflow === undefined
    ? { name: 'unknown' }
    : { name: 'workflow', project, workflow };
}

export const NEW_TASK_HASH = '#/tasks/new';

export function taskHash(taskId: number): string {
  return `#/tasks/${taskId}`;
}

export function workflowHash(project: string, workflow: string): string {
  return `#/workflows/${encodeURIComponent(project)}/${encodeURIComponent(workflow)}`;
}
