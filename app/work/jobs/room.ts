import type { Parts, Room } from '../../room.js';
import type { ScriptsService } from '../scripts/service.js';
import { jobMethods } from './methods.js';
import { jobMetrics } from './metrics.js';
import { createJobsRepository } from './repository.js';
import { createJobsService, type JobsService } from './service.js';
import { JOB_SETTINGS } from './settings.js';

/** The engine, for programs. `service`: for the other rooms of the wing. */
export function createJobsRoom(parts: Parts & { scripts: ScriptsService }): Room & { service: JobsService } {
  const { db, settings, scripts } = parts;
  const { maxOpenTasks } = settings(JOB_SETTINGS);
  const service = createJobsService({ repository: createJobsRepository(db), scripts, maxOpen: maxOpenTasks });
  return { service, routes: [], methods: jobMethods(service), metrics: jobMetrics(service.watcherCount) };
}
