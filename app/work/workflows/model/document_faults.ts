/** Faults of a document beyond its schema. Each function takes any JSON, since the schema's own faults are named too. */

export type DocumentFault = { pointer: string; code: string; detail: string };
/** Which method takes the document. */
export type DocumentUse = 'create' | 'delete' | 'update';

/** Why a file cannot be run; undefined when it can. */
type FunctionLook = (name: string) => string | undefined;

/** The tasks of all workflows of a document. */
const MAX_TASKS = 10_000;
/** Of the arguments and the environment of one task: rows are kept in memory, and the kernel takes 128 KiB for one of them. */
const MAX_CHARACTERS = 32_768;

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function* repeatedNames(list: readonly unknown[], pointer: string): Generator<DocumentFault> {
  const firstOf = new Map<string, number>();
  for (const [i, entry] of list.entries()) {
    const { name } = membersOf(entry);
    if (typeof name !== 'string') continue;
    const first = firstOf.get(name);
    if (first === undefined) firstOf.set(name, i);
    else {
      const detail = `is the name of ${pointer}/${first} too`;
      yield { pointer: `${pointer}/${i}/name`, code: 'DUPLICATE_NAME', detail };
    }
  }
}

function* envFaults(env: unknown, pointer: string): Generator<DocumentFault> {
  for (const name of Object.keys(membersOf(env))) {
    if (name !== '' && !/[=\0]/.test(name) && name.isWellFormed()) continue;
    yield { pointer, code: 'WRONG_FORM', detail: 'has a name that is empty or has = or a NUL in it' };
  }
}

/** Of all strings in a list or an object, with its names. */
function charactersIn(members: unknown): number {
  let sum = 0;
  for (const [name, value] of Object.entries(members ?? {})) {
    sum += name.length + (typeof value === 'string' ? value.length : 0);
  }
  return sum;
}

function* taskFaults(task: unknown, pointer: string, look: FunctionLook): Generator<DocumentFault> {
  const { function: fn, params, env } = membersOf(task);
  if (typeof fn === 'string') {
    const reason = look(fn);
    if (reason !== undefined) yield { pointer: `${pointer}/function`, code: 'NO_SUCH_FUNCTION', detail: reason };
  }
  yield* envFaults(env, `${pointer}/env`);
  if (charactersIn(listOf(params)) + charactersIn(membersOf(env)) > MAX_CHARACTERS) {
    const detail = `must have at most ${MAX_CHARACTERS} characters in params and env together`;
    yield { pointer, code: 'TOO_LONG', detail };
  }
}

function* workflowFaults(
  workflow: unknown,
  pointer: string,
  { use, look }: { use: DocumentUse; look: FunctionLook },
): Generator<DocumentFault> {
  const { tasks } = membersOf(workflow);
  const list = listOf(tasks);
  if (use !== 'create' && Array.isArray(tasks) && list.length === 0) {
    yield { pointer: `${pointer}/tasks`, code: 'EMPTY', detail: 'must have at least one task' };
  }
  yield* repeatedNames(list, `${pointer}/tasks`);
  if (use === 'delete') return;
  for (const [t, task] of list.entries()) yield* taskFaults(task, `${pointer}/tasks/${t}`, look);
}

/** `params`: of workflow.create, delete or update. `look`: called once for each task. O(tasks). */
export function* documentFaults(params: unknown, use: DocumentUse, look: FunctionLook): Generator<DocumentFault> {
  const project = membersOf(membersOf(membersOf(params)['context'])['project']);
  const workflows = listOf(project['workflows']);
  const pointer = '/context/project/workflows';
  yield* repeatedNames(workflows, pointer);
  for (const [w, workflow] of workflows.entries()) yield* workflowFaults(workflow, `${pointer}/${w}`, { use, look });
  const count = workflows.reduce<number>((sum, workflow) => sum + listOf(membersOf(workflow)['tasks']).length, 0);
  if (count > MAX_TASKS) {
    yield { pointer, code: 'TOO_LONG', detail: `must have at most ${MAX_TASKS} tasks, in all workflows together` };
  }
}
