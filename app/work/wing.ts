import { join, resolve } from 'node:path';
import { pickEnvironment } from '../config.js';
import type { Parts, Wing } from '../room.js';
import { createExecutorsRoom } from './executors/room.js';
import { EXECUTORS_SETTINGS } from './executors/settings.js';
import { JOB_PROCEDURES } from './jobs/procedures.js';
import { createJobsRoom } from './jobs/room.js';
import { JOB_SETTINGS } from './jobs/settings.js';
import { createScriptsService, type ScriptsService } from './scripts/service.js';
import { SCRIPT_SETTINGS } from './scripts/settings.js';
import { createTasksRoom } from './tasks/room.js';

function createScripts({ settings, projectDir }: Parts): ScriptsService {
  const bundledDir = join(projectDir, 'script');
  const { scriptDir } = settings(SCRIPT_SETTINGS);
  return createScriptsService({
    bundledDir,
    scriptDir: scriptDir === undefined ? bundledDir : resolve(scriptDir),
    searchPath: pickEnvironment(['PATH'])['PATH'] ?? '',
  });
}

/** What runs things: the engine of jobs, and the rooms that are its faces. */
export const WORK_WING: Wing = {
  name: 'work',
  settings: { ...JOB_SETTINGS, ...SCRIPT_SETTINGS, ...EXECUTORS_SETTINGS },
  procedures: [JOB_PROCEDURES],
  open(parts) {
    const { service: jobs, ...jobsRoom } = createJobsRoom({ ...parts, scripts: createScripts(parts) });
    return [jobsRoom, createTasksRoom({ ...parts, jobs }), createExecutorsRoom(parts, parts.settings(SCRIPT_SETTINGS))];
  },
};
