import { join } from 'node:path';
import type { Metric } from '../../metric.js';
import type { Parts, Room } from '../../room.js';
import type { JobsService } from '../jobs/service.js';
import { makeBinFolder } from './bin_folder.js';
import { workflowMethods } from './methods.js';
import { createWorkflowsRepository } from './repository.js';
import { workflowRoutes } from './routes.js';
import { createWorkflowsService, type WorkflowsService } from './service.js';
import { WORKFLOW_SETTINGS } from './settings.js';

type WorkflowsRoomParts = Parts & {
  jobs: JobsService;
  /** The folder of executables, an absolute path. */
  binDir: string;
};

function workflowMetrics({ watcherCount }: WorkflowsService): Metric[] {
  return [
    {
      name: 'svodka_workflow_watchers',
      help: 'Streams of events of workflows that are open.',
      kind: 'gauge',
      read: watcherCount,
    },
  ];
}

export function createWorkflowsRoom({
  db,
  jobs,
  binDir,
  settings,
  streams,
  log,
  projectDir,
}: WorkflowsRoomParts): Room {
  const service = createWorkflowsService({ repository: createWorkflowsRepository(db), jobs });
  // A folder that is named is the operator's own.
  const isOwn = settings(WORKFLOW_SETTINGS).workflowBin === undefined;
  return {
    routes: workflowRoutes(service, streams),
    methods: workflowMethods(service, binDir),
    metrics: workflowMetrics(service),
    start() {
      if (!isOwn) return;
      try {
        makeBinFolder(binDir, join(projectDir, 'script', 'bin'));
      } catch (reason) {
        log.error({ err: reason, binDir }, 'the folder of executables could not be made: workflows cannot run them');
      }
    },
  };
}
