/** The tree of one project, and what documents do to it. tarantool/work/workflows/tree.lua does the same on rows. */

export type Label = number | string | null;

export type Task = Readonly<{
  name: string;
  label: Label;
  exec: 'await' | 'parallel';
  fn: string;
  params: readonly string[];
  env: Readonly<Record<string, string>>;
  tries: number;
  timeoutS: number | null;
  graceS: number;
}>;

/** Tasks by place, which is their position from 1. */
export type Workflow = Readonly<{ name: string; label: Label; tasks: readonly Task[] }>;

export type DocumentTask = Task & { readonly place: number | null };
type DocumentWorkflow = Readonly<{ name: string; label: Label; tasks: readonly DocumentTask[] | null }>;
export type Document = Readonly<{ project: string; label: Label; workflows: readonly DocumentWorkflow[] }>;

/** A name of the document that cannot be used. `workflow`, `task`: indexes in the document. */
type TreeFault = {
  kind: 'taken' | 'no_workflow' | 'no_task';
  workflow: number;
  task?: number;
};

/** The tree after the document, or why it stays as it is: every fault. */
type Outcome = { workflows: readonly Workflow[]; faults?: never } | { faults: readonly TreeFault[] };

/** Puts the task in at its place; a place past the end, or none, means last. */
function insert(tasks: readonly Task[], { place, ...task }: DocumentTask): Task[] {
  const index = place === null ? tasks.length : Math.min(place - 1, tasks.length);
  return [...tasks.slice(0, index), task, ...tasks.slice(index)];
}

function byName<Named extends { name: string }>(list: readonly Named[], name: string): Named | undefined {
  return list.find((each) => each.name === name);
}

function replace(workflows: readonly Workflow[], changed: Workflow): Workflow[] {
  return workflows.map((workflow) => (workflow.name === changed.name ? changed : workflow));
}

/** Makes what is not there; adds tasks to workflows that are. */
export function createIn(tree: readonly Workflow[], document: Document): Outcome {
  const faults: TreeFault[] = [];
  let workflows = tree;
  document.workflows.forEach(({ name, label, tasks }, w) => {
    const stored = byName(tree, name);
    const before = stored ?? { name, label, tasks: [] };
    (tasks ?? []).forEach((task, t) => {
      if (byName(before.tasks, task.name)) faults.push({ kind: 'taken', workflow: w, task: t });
    });
    const changed = { ...before, tasks: (tasks ?? []).reduce(insert, [...before.tasks]) };
    workflows = stored === undefined ? [...workflows, changed] : replace(workflows, changed);
  });
  return faults.length > 0 ? { faults } : { workflows };
}

/** Leaves that the document names and the tree has not. */
function missing(tree: readonly Workflow[], document: Document): TreeFault[] {
  return document.workflows.flatMap(({ name, tasks }, w): TreeFault[] => {
    const stored = byName(tree, name);
    if (stored === undefined) return [{ kind: 'no_workflow', workflow: w }];
    return (tasks ?? []).flatMap((task, t): TreeFault[] =>
      byName(stored.tasks, task.name) ? [] : [{ kind: 'no_task', workflow: w, task: t }],
    );
  });
}

function without(tasks: readonly Task[], named: readonly Task[]): Task[] {
  return tasks.filter(({ name }) => !byName(named, name));
}

/** Deletes the leaves: a workflow without `tasks` whole, else the tasks named; places close up. */
export function deleteFrom(tree: readonly Workflow[], document: Document): Outcome {
  const faults = missing(tree, document);
  if (faults.length > 0) return { faults };
  return {
    workflows: tree.flatMap((workflow) => {
      const leaf = byName(document.workflows, workflow.name);
      if (leaf === undefined) return [workflow];
      return leaf.tasks === null ? [] : [{ ...workflow, tasks: without(workflow.tasks, leaf.tasks) }];
    }),
  };
}

/**
 * Replaces the tasks named, which are removed first. Those without a place get the one that they had, from the lowest;
 * then the others go in, in the document's order.
 */
export function updateIn(tree: readonly Workflow[], document: Document): Outcome {
  const faults = missing(tree, document);
  if (faults.length > 0) return { faults };
  return {
    workflows: tree.map((workflow) => {
      const tasks = byName(document.workflows, workflow.name)?.tasks ?? [];
      const oldPlace = ({ name }: Task) => workflow.tasks.findIndex((each) => each.name === name) + 1;
      const keeping = tasks
        .filter(({ place }) => place === null)
        .map((task) => ({ ...task, place: oldPlace(task) }))
        .sort((a, b) => a.place - b.place);
      const placed = tasks.filter(({ place }) => place !== null);
      return { ...workflow, tasks: [...keeping, ...placed].reduce(insert, without(workflow.tasks, tasks)) };
    }),
  };
}
