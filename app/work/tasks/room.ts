import type { Parts, Room } from '../../room.js';
import type { JobsService } from '../jobs/service.js';
import { taskRoutes } from './routes.js';
import { tasksOnly } from './tasks_only.js';

/** The engine, for people. */
export function createTasksRoom({ streams, bodyBudget, jobs }: Parts & { jobs: JobsService }): Room {
  return { routes: taskRoutes({ service: tasksOnly(jobs), streams, bodyBudget }) };
}
