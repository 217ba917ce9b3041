import type { Person } from './work_suite.js';

export type SentTask = Record<string, unknown> & { name: string };

/** A task of a document: `simple`, awaited. */
export function simpleTask(name: string, changes: object = {}): SentTask {
  return { name, exec: 'await', function: 'simple', ...changes };
}

/** A document with one workflow; without tasks when they are undefined. */
export function treeOf(project: string, workflow: string, tasks?: readonly (SentTask | string)[]) {
  const its = tasks?.map((task) => (typeof task === 'string' ? simpleTask(task) : task));
  return { context: { project: { name: project, workflows: [{ name: workflow, ...(its && { tasks: its }) }] } } };
}

export type StatusAnswer = {
  status: string;
  run_id: number | null;
  started: number | null;
  ended: number | null;
  tasks: (Record<string, unknown> & { name: string; status: string; label: string })[];
};

/** `t1 success(0), t2 new`: the tasks by place, as people see them. */
export function shown({ tasks }: StatusAnswer): string {
  return tasks.map(({ name, label }) => `${name} ${label}`).join(', ');
}

export function statusOf(person: Person, project: string, workflow: string, task?: string): Promise<StatusAnswer> {
  return person.rpc.call('workflow.status', { project, workflow, ...(task !== undefined && { task }) });
}

/** `code pointer` of each fault, in order of the pointers. */
export async function faultsOf(person: Person, method: string, params: object): Promise<[number, ...string[]]> {
  const { code, data } = await person.rpc.refusal(method, params);
  const faults = (data?.errors ?? []).map((error) => `${error.code} ${error.pointer}`);
  return [code, ...faults.sort()];
}
