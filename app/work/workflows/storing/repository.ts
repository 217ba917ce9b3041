import type { Client } from '../../../db/client.js';
import { hasCode } from '../../../errors.js';
import type { Document, DocumentTask } from '../model/tree.js';
import { type DocumentTuple, WORKFLOW_PROCEDURES as P, type TaskTuple } from '../procedures.js';

type DocumentWorkflow = Document['workflows'][number];

/** Tasks in one call: about 3 ms of the TX thread. New workflows with more are stored in pieces. */
const PIECE = 1_000;

function taskTuple(task: DocumentTask): TaskTuple {
  const { name, label, place, exec, fn, params, env, tries, timeoutS, graceS } = task;
  return [name, label, place, exec, fn, params, env, tries, timeoutS, graceS];
}

/** `stagedIds`: of workflows whose tasks are stored already, by their names. */
export function documentTuple(document: Document, stagedIds?: ReadonlyMap<string, number>): DocumentTuple {
  const { project, label, workflows } = document;
  return [
    project,
    label,
    workflows.map((workflow) => {
      const { name, tasks } = workflow;
      const staged = stagedIds?.get(name) ?? null;
      if (staged === null) return [name, workflow.label, tasks?.map(taskTuple) ?? null] as const;
      return [name, workflow.label, (tasks ?? []).map(({ place }) => place), staged] as const;
    }),
  ];
}

/** Stores the tasks of a workflow where nobody sees them. The id that it will have; undefined when it is there already. */
async function stage(db: Client, project: string, { name, tasks }: DocumentWorkflow): Promise<number | undefined> {
  let id: number | null = null;
  for (let from = 0; from < (tasks?.length ?? 0); from += PIECE) {
    const piece = (tasks ?? []).slice(from, from + PIECE).map(taskTuple);
    const args: [string, string, number | null, TaskTuple[]] = [project, name, id, piece];
    const [staged]: [number | null] = await db.call(P.stageTasks, args);
    if (staged === null) return undefined;
    id = staged;
  }
  return id ?? undefined;
}

async function stageLarge(db: Client, { project, workflows }: Document): Promise<ReadonlyMap<string, number>> {
  const stagedIds = new Map<string, number>();
  for (const workflow of workflows) {
    if ((workflow.tasks?.length ?? 0) <= PIECE) continue;
    const id = await stage(db, project, workflow);
    if (id !== undefined) stagedIds.set(workflow.name, id);
  }
  return stagedIds;
}

/** The method `create` of the repository: one transaction makes all of it visible. */
export function createCreate(db: Client): (document: Document, isDry: boolean) => Promise<string[]> {
  return async (document, isDry) => {
    const stagedIds = isDry ? new Map<string, number>() : await stageLarge(db, document);
    try {
      const [made] = await db.call(P.createWorkflows, [documentTuple(document, stagedIds), isDry]);
      return made;
    } catch (reason) {
      if (stagedIds.size === 0 || !hasCode(reason, 'WORKFLOW_KEEPS_CHANGING')) throw reason;
      // Somebody made one of the workflows meanwhile: its tasks are added, as those of any other.
      const [made] = await db.call(P.createWorkflows, [documentTuple(document), false]);
      return made;
    }
  };
}
