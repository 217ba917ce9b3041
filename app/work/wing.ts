import { join, resolve } from 'node:path';
import { pickEnvironment } from '../config.js';
import { DB_SETTINGS } from '../db/settings.js';
import type { OnceParts, Parts, Wing } from '../room.js';
import { ALARM_PROCEDURES } from './alarms/procedures.js';
import { createAlarmsRoom } from './alarms/room.js';
import { ALARM_SETTINGS } from './alarms/settings.js';
import { createExecutorsRoom } from './executors/room.js';
import { EXECUTORS_SETTINGS } from './executors/settings.js';
import { createFilesRoom } from './files/room.js';
import { FILES_SETTINGS } from './files/settings.js';
import { JOB_PROCEDURES } from './jobs/procedures.js';
import { createJobsRoom } from './jobs/room.js';
import { JOB_SETTINGS } from './jobs/settings.js';
import { createScriptsService, type ScriptsService } from './scripts/service.js';
import { SCRIPT_SETTINGS } from './scripts/settings.js';
import { createTasksRoom } from './tasks/room.js';
import { WORKFLOW_PROCEDURES } from './workflows/procedures.js';
import { createWorkflowsRoom } from './workflows/room.js';
import { WORKFLOW_SETTINGS } from './workflows/settings.js';

function createScripts({ settings, projectDir }: Parts): ScriptsService {
  const bundledDir = join(projectDir, 'script');
  const { scriptDir } = settings(SCRIPT_SETTINGS);
  return createScriptsService({
    bundledDir,
    scriptDir: scriptDir === undefined ? bundledDir : resolve(scriptDir),
    searchPath: pickEnvironment(['PATH'])['PATH'] ?? '',
  });
}

/** The folder of the executables of workflows, as an absolute path. */
function workflowBinOf({ settings }: OnceParts): string {
  return resolve(settings(WORKFLOW_SETTINGS).workflowBin ?? join(settings(DB_SETTINGS).dataDir, 'bin'));
}

/** What runs things: the engine of jobs, and the rooms that are its faces. */
export const WORK_WING: Wing = {
  name: 'work',
  settings: {
    ...JOB_SETTINGS,
    ...SCRIPT_SETTINGS,
    ...EXECUTORS_SETTINGS,
    ...WORKFLOW_SETTINGS,
    ...FILES_SETTINGS,
    ...ALARM_SETTINGS,
  },
  procedures: [JOB_PROCEDURES, WORKFLOW_PROCEDURES, ALARM_PROCEDURES],
  open(parts) {
    const { service: jobs, ...jobsRoom } = createJobsRoom({ ...parts, scripts: createScripts(parts) });
    const binDir = workflowBinOf(parts);
    return [
      jobsRoom,
      createTasksRoom({ ...parts, jobs }),
      createWorkflowsRoom({ ...parts, jobs, binDir }),
      createFilesRoom(parts),
      createAlarmsRoom(parts),
    ];
  },
  openOnce: (parts) => [
    createExecutorsRoom(parts, { ...parts.settings(SCRIPT_SETTINGS), workflowBin: workflowBinOf(parts) }),
  ],
};
