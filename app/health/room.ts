import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Parts, Room } from '../room.js';
import { healthRoutes } from './routes.js';
import { createHealthService } from './service.js';

/** The schema that this program needs: the number of its last migration. */
function lastMigration(projectDir: string): number {
  const names = readdirSync(join(projectDir, 'tarantool', 'migrations'));
  return Math.max(0, ...names.map((name) => Number(/^(\d{3})_\w+\.lua$/.exec(name)?.[1] ?? 0)));
}

export function createHealthRoom({ db, projectDir, wings, hasStarted, siblings }: Parts): Room {
  const schema = lastMigration(projectDir);
  return { routes: healthRoutes(createHealthService(db, { schema, wings, hasStarted, siblings })) };
}
