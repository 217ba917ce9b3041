import type { WorkflowState, WorkflowTask } from './api.js';

/** Which sentence says why a run is as it is; `names`: of the tasks that it is about. */
type ReasonCode = { code: string; names: readonly string[]; task: WorkflowTask | undefined };

/** Statuses of a task that has a process. */
const ALIVE: readonly string[] = ['running', 'waiting', 'stopping', 'immortal', 'rerun'];

function ofRunning(alive: readonly WorkflowTask[]): ReasonCode {
  const awaited = alive.find(({ exec }) => exec === 'await');
  const inLibrary = alive.find(({ status }) => status === 'waiting');
  const first = awaited ?? inLibrary;
  if (first?.status === 'waiting') return { code: 'library', names: [first.name], task: first };
  if (first !== undefined) return { code: 'awaits', names: [first.name], task: first };
  if (alive.length === 0) return { code: 'next', names: [], task: undefined };
  return { code: 'awaitsAll', names: alive.map(({ name }) => name), task: undefined };
}

/** The same as `workflow.why`, as a code for a sentence in another language. `about`: the task that it names. */
export function reasonCode({ status, tasks }: WorkflowState, about: string | null): ReasonCode {
  const task = tasks.find(({ name }) => name === about);
  const names = task === undefined ? [] : [task.name];
  const alive = tasks.filter((each) => ALIVE.includes(each.status));
  const on = (code: string, codeOn: string): ReasonCode => ({ code: task === undefined ? code : codeOn, names, task });
  switch (status) {
    case 'not run':
      return on('notRun', 'notRun');
    case 'running':
      return ofRunning(alive);
    case 'stopping':
      return { code: alive.length === 0 ? 'stopping' : 'stoppingOn', names: alive.map(({ name }) => name), task };
    case 'stopped':
      return on('stopped', 'stoppedHard');
    case 'error':
      return on('failed', 'failedOn');
    default:
      return on('succeeded', 'succeeded');
  }
}
