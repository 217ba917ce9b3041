import { follow } from '../../rpc/event_source.js';
import type { ServerEvent } from '../../rpc/server_events.js';
import type { Names } from '../options.js';
import type { Spa } from '../spa.js';
import { isRunning, type TaskStatus, type WorkflowStatus } from './workflow_status.js';

/** What the service sends: all tasks (`status`), or those that changed (`change`); null when there are many. */
type Sent = Omit<WorkflowStatus, 'tasks'> & { tasks: TaskStatus[] | null };

/** The tasks with those that changed in place of what they were. */
function merged(tasks: readonly TaskStatus[], changed: readonly TaskStatus[]): TaskStatus[] {
  const changedOf = new Map(changed.map((task) => [task.name, task]));
  return tasks.map((task) => changedOf.get(task.name) ?? task);
}

/**
 * The statuses of a workflow, or of one of its tasks, from now to the end of its run, which is the last; of a workflow
 * that does not run, the one that it has. The service sends them; nothing is asked again and again. `beforeNote` is
 * called before a line about a lost connection is written to stderr. @throws CommandError
 */
export function followRun(
  spa: Spa,
  names: Names,
  beforeNote: () => void = () => {},
): AsyncGenerator<WorkflowStatus, void> {
  const { project, workflow, task } = names;

  async function read({ name, data }: ServerEvent, last: WorkflowStatus | undefined): Promise<WorkflowStatus> {
    const { tasks, ...state } = JSON.parse(data) as Sent;
    if (tasks === null) return spa.client.call<WorkflowStatus>('workflow.status', names);
    const all = name === 'change' && last !== undefined ? merged(last.tasks, tasks) : tasks;
    return { ...state, tasks: task === undefined ? all : all.filter((each) => each.name === task) };
  }

  return follow<WorkflowStatus>({
    client: spa.client,
    path: `/workflows/events?${new URLSearchParams({ project, workflow })}`,
    read,
    isLast: (status) => !isRunning(status),
    note(text) {
      beforeNote();
      spa.note(text);
    },
  });
}
