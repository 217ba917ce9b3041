import { follow } from '../../rpc/event_source.js';
import type { Names } from '../options.js';
import type { Spa } from '../spa.js';
import { isRunning, type WorkflowStatus } from './workflow_status.js';

/** The stream of changes of a workflow. */
function eventsPath({ project, workflow }: Names): string {
  return `/api/v1/workflows/events?${new URLSearchParams({ project, workflow })}`;
}

/**
 * The statuses of a workflow, or of one of its tasks, from now to the end of its run, which is the last; of a workflow
 * that does not run, the one that it has. @throws CommandError
 */
export function followRun(spa: Spa, names: Names): AsyncGenerator<WorkflowStatus, void> {
  return follow<WorkflowStatus>({
    client: spa.client,
    path: eventsPath(names),
    look: () => spa.client.call<WorkflowStatus>('workflow.status', names),
    isLast: (status) => !isRunning(status),
    note: spa.note,
  });
}
