import type { Parts, Room } from '../room.js';
import { dashboardPaths } from './routes.js';

export function createDashboardRoom({ projectDir }: Parts): Room {
  return { routes: [], pages: dashboardPaths(projectDir) };
}
