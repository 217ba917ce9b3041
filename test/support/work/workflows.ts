import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Client } from '../../../app/db/client.js';
import { WORKFLOW_PROCEDURES as P, type TaskTuple } from '../../../app/work/workflows/procedures.js';
import { jobSpec } from '../jobs.js';
import { until } from '../until.js';

export type NewTask = {
  name?: string;
  exec?: 'await' | 'parallel';
  function: string;
  params?: readonly string[];
  env?: Readonly<Record<string, string>>;
  tries?: number;
  timeoutS?: number;
  graceS?: number;
};

export type TaskState = { name: string; status: string; code: number | null; pid: number | null; attempt: number };

/** Whoever stops and forces in tests. */
export const OPERATOR = 'burns';
const PROJECT = 'pr1';
const LOG_LIMIT = 1_000_000;

function taskTuple(task: NewTask, index: number): TaskTuple {
  return [
    task.name ?? `t${index + 1}`,
    null,
    null,
    task.exec ?? 'await',
    task.function,
    task.params ?? [],
    task.env ?? {},
    task.tries ?? 1,
    task.timeoutS ?? null,
    task.graceS ?? 6,
  ];
}

/** Workflows of one project, by the procedures that the faces call. */
export function createWorkflows(db: Client) {
  async function read(workflow: string) {
    const [head, , rows] = await db.call(P.workflowStatus, [PROJECT, workflow, { after: 0, limit: 1_000 }]);
    const tasks = rows.map(([name, , , , status, code, pid, attempt]): TaskState => {
      return { name, status, code, pid, attempt };
    });
    return { runId: head[4] as number, status: head[3], stopBy: head[9], tasks };
  }

  const statusesOf = async (workflow: string) => (await read(workflow)).tasks.map(({ status }) => status);

  return {
    read,
    statusesOf,

    async create(workflow: string, tasks: readonly NewTask[]) {
      await db.call(P.createWorkflows, [[PROJECT, null, [[workflow, null, tasks.map(taskTuple)]]], false]);
    },

    async run(workflow: string, task: string | null = null): Promise<number> {
      const spec = jobSpec({ taskId: randomUUID(), type: 'run', user: OPERATOR, maxAttempts: 1_000_000 });
      const [runId, status] = await db.call(P.runWorkflow, [PROJECT, workflow, task, OPERATOR, spec]);
      assert.equal(status, 'running');
      return runId;
    },

    async stop(workflow: string) {
      await db.call(P.stopWorkflow, [PROJECT, workflow, OPERATOR]);
    },

    async force(workflow: string, task: string, status: string) {
      await db.call(P.setTaskStatus, [{ project: PROJECT, workflow, task }, status, OPERATOR, null]);
    },

    /** Waits for the run's end and answers its status. */
    ended: (workflow: string, patienceMs?: number) =>
      until(
        `${workflow} has ended`,
        async () => {
          const [[, , , status]] = await db.call(P.workflowStatus, [PROJECT, workflow, { after: 0, limit: 1 }]);
          return status !== 'running' && status !== 'stopping' && status;
        },
        patienceMs,
      ),

    /** Waits until a task has this status, and a pid where it runs. */
    untilTask: (workflow: string, task: string, status: string, patienceMs?: number) =>
      until(
        `${task} of ${workflow} is ${status}`,
        async () => {
          const found = (await read(workflow)).tasks.find(({ name }) => name === task);
          const isThere = found?.status === status && (status !== 'running' || found.pid !== null);
          return isThere && found;
        },
        patienceMs,
      ),

    /** `t1 running`, oldest first; the run itself has no name. */
    async history(workflow: string): Promise<string[]> {
      const [rows] = await db.call(P.workflowHistory, [PROJECT, workflow, null, null, 1_000]);
      return rows.map(([, , , task, status]) => `${task} ${status}`.trim()).reverse();
    },

    async logOf(workflow: string, task: string): Promise<string> {
      const [, , , , text] = await db.call(P.workflowLog, [PROJECT, workflow, task, 0, LOG_LIMIT]);
      return text;
    },
  };
}

export type Workflows = ReturnType<typeof createWorkflows>;
