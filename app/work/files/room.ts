import { join, resolve } from 'node:path';
import { DB_SETTINGS } from '../../db/settings.js';
import type { Parts, Room } from '../../room.js';
import { threadMetrics } from '../../thread_pool.js';
import { createHasher } from './hashing/hasher.js';
import { fileRoutes } from './routes.js';
import { createFilesService } from './service.js';
import { FILES_SETTINGS } from './settings.js';

/** Files that operators and programs upload, and workflows read. */
export function createFilesRoom({ settings, bodyBudget, siblings, log }: Parts): Room {
  const { filesDir = join(settings(DB_SETTINGS).dataDir, 'files') } = settings(FILES_SETTINGS);
  const hasher = createHasher();
  const service = createFilesService({ root: resolve(filesDir), hasher, log, holds: siblings.holds });
  return {
    routes: fileRoutes(service, bodyBudget),
    metrics: threadMetrics('files', hasher.threadUse),
    start: service.start,
    async stop() {
      service.stop();
      await hasher.close();
    },
  };
}
