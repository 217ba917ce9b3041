import type { Wing } from '../room.js';
import { JOB_PROCEDURES } from './jobs/procedures.js';
import { JOB_SETTINGS } from './jobs/settings.js';

/** What runs things: the engine of jobs, and the rooms that are its faces. */
export const WORK_WING: Wing = {
  name: 'work',
  settings: JOB_SETTINGS,
  procedures: [JOB_PROCEDURES],
  open: () => [],
};
