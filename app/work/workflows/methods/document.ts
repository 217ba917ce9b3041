import { readdirSync } from 'node:fs';
import { FunctionNotFound, findFunction } from '../find_function.js';
import { type DocumentFault, type DocumentUse, documentFaults } from '../model/document_faults.js';
import type { Document, DocumentTask } from '../model/tree.js';
import type { ListedProject, PlacedTask } from '../repository.js';
import { DEFAULT_TASK } from '../schema.js';

/** The tree of the specification, as it is sent. */
type SentTask = {
  id?: number | string | null;
  name: string;
  place?: number;
  exec?: 'await' | 'parallel';
  function?: string;
  params?: readonly (string | number)[];
  env?: Readonly<Record<string, string>>;
  tries?: number;
  timeout_s?: number | null;
  grace_s?: number;
};
type SentWorkflow = { id?: number | string | null; name: string; tasks?: readonly SentTask[] };
type SentProject = { id?: number | string | null; name: string; workflows?: readonly SentWorkflow[] };
export type SentContext = { project: SentProject };

function namesIn(folder: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder));
  } catch {
    return new Set();
  }
}

/** Looks functions up: the folder is read once, and a file is looked at once. */
function createFunctionLook(binDir: string): (name: string) => string | undefined {
  const reasonOf = new Map<string, string | undefined>();
  const names = namesIn(binDir);

  function look(name: string): string | undefined {
    if (!names.has(name)) {
      const known = [...names].sort().slice(0, 20).join(', ');
      return `is no file in the folder of executables${known === '' ? '' : `, which has ${known}`}`;
    }
    try {
      findFunction(binDir, name);
      return undefined;
    } catch (reason) {
      return reason instanceof FunctionNotFound ? reason.message : 'cannot be read';
    }
  }

  return (name) => {
    if (!reasonOf.has(name)) reasonOf.set(name, look(name));
    return reasonOf.get(name);
  };
}

/** Faults beyond the schema, of params of any form. */
export function faultsOf(params: unknown, use: DocumentUse, binDir: string): Iterable<DocumentFault> {
  return documentFaults(params, use, createFunctionLook(binDir));
}

function taskFrom(task: SentTask): DocumentTask {
  return {
    name: task.name,
    label: task.id ?? null,
    place: task.place ?? null,
    exec: task.exec ?? 'await',
    fn: task.function ?? '',
    params: (task.params ?? DEFAULT_TASK.params).map(String),
    env: task.env ?? DEFAULT_TASK.env,
    tries: task.tries ?? DEFAULT_TASK.tries,
    timeoutS: task.timeout_s ?? null,
    graceS: task.grace_s ?? DEFAULT_TASK.graceS,
  };
}

/** `context`: fits the schema. */
export function documentFrom({ project }: SentContext): Document {
  return {
    project: project.name,
    label: project.id ?? null,
    workflows: (project.workflows ?? []).map(({ id = null, name, tasks }) => {
      return { label: id, name, tasks: tasks?.map(taskFrom) ?? null };
    }),
  };
}

/** Members that say no more than their absence are left out. */
function sentTask({ name, label, place, exec, fn, params, env, tries, timeoutS, graceS }: PlacedTask): SentTask {
  return {
    ...(label !== null && { id: label }),
    ...{ name, place, exec, function: fn, params },
    ...(Object.keys(env).length > 0 && { env }),
    ...(tries !== DEFAULT_TASK.tries && { tries }),
    ...(timeoutS !== null && { timeout_s: timeoutS }),
    ...(graceS !== DEFAULT_TASK.graceS && { grace_s: graceS }),
  };
}

/** A project with workflows as the document that update takes back unchanged. */
export function sentContext(
  { project, label }: Pick<ListedProject, 'project' | 'label'>,
  workflows: readonly { name: string; label: ListedProject['label']; tasks: readonly PlacedTask[] }[],
): SentContext {
  return {
    project: {
      ...(label !== null && { id: label }),
      name: project,
      workflows: workflows.map((workflow) => ({
        ...(workflow.label !== null && { id: workflow.label }),
        name: workflow.name,
        tasks: workflow.tasks.map(sentTask),
      })),
    },
  };
}
