import type { Wing } from '../room.js';
import { createExecutorsRoom } from './executors/room.js';
import { EXECUTORS_SETTINGS } from './executors/settings.js';
import { JOB_PROCEDURES } from './jobs/procedures.js';
import { JOB_SETTINGS } from './jobs/settings.js';
import { SCRIPT_SETTINGS } from './scripts/settings.js';

/** What runs things: the engine of jobs, and the rooms that are its faces. */
export const WORK_WING: Wing = {
  name: 'work',
  settings: { ...JOB_SETTINGS, ...SCRIPT_SETTINGS, ...EXECUTORS_SETTINGS },
  procedures: [JOB_PROCEDURES],
  open: (parts) => [createExecutorsRoom(parts, parts.settings(SCRIPT_SETTINGS))],
};
