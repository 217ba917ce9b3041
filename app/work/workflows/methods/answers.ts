import { labelOf } from '../model/statuses.js';
import type { ListedProject, TaskLogPage, TaskState, WorkflowChange, WorkflowState } from '../repository.js';

/** What the methods answer. Times in seconds since 1970. */

export function taskRow({ name, place, exec, fn, status, code, pid, attempt, started, ended, cause }: TaskState) {
  const label = labelOf(status, code, pid);
  return { name, place, exec, function: fn, status, label, code, pid, attempt, started, ended, cause };
}

export function statusObject(state: WorkflowState, tasks: readonly TaskState[] | null) {
  const { project, workflow, status, runId, started, ended } = state;
  return { project, workflow, status, run_id: runId, started, ended, tasks: tasks?.map(taskRow) ?? null };
}

export function listedProject({ project, workflows }: ListedProject) {
  return {
    project,
    workflows: workflows.map(({ name, status, taskCount, lastRun }) => ({
      ...{ name, status, tasks: taskCount },
      last_run:
        lastRun === null
          ? null
          : { run_id: lastRun.runId, status: lastRun.status, started: lastRun.started, ended: lastRun.ended },
    })),
  };
}

export function historyEntry({ runId, task, status, code, pid, at, by, why }: WorkflowChange) {
  return { run_id: runId, task, status, label: labelOf(status, code, pid), at, by, why };
}

export function logPage({ text, from, next, hasEnded }: TaskLogPage) {
  return { text, from, next, ended: hasEnded };
}
