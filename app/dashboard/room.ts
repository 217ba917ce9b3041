import type { Parts, Room } from '../room.js';
import { dashboardPaths } from './routes.js';

export function createDashboardRoom({ projectDir, wings }: Parts): Room {
  return { routes: [], pages: dashboardPaths(projectDir, wings) };
}
