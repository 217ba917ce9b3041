import { HTTP_SETTINGS } from '../../http/settings.js';
import type { Parts, Room } from '../../room.js';
import { threadMetrics } from '../../thread_pool.js';
import type { ImportParser } from './intake/parser.js';
import { createImportsRepository } from './repository.js';
import { importRoutes } from './routes.js';
import { createImportsService, type ImportsService } from './service.js';

type ImportsRoomParts = Parts & { parser: ImportParser; isReplica: boolean };

export function createImportsRoom(parts: ImportsRoomParts): Room & { service: ImportsService } {
  const { db, settings, bodyBudget, streams, parser, isReplica } = parts;
  const { bodyLimitBytes } = settings(HTTP_SETTINGS);
  const repository = createImportsRepository(db);
  const service = createImportsService({ repository, parser, ...(isReplica && { maxVersionWaitMs: 0 }) });
  return {
    service,
    routes: importRoutes(service, { bodyLimitBytes, budget: bodyBudget, streams }),
    metrics: [
      ...threadMetrics('parse', parser.threadUse),
      {
        name: 'svodka_event_watchers',
        help: 'Open event streams of clients that follow an import.',
        kind: 'gauge',
        read: service.watcherCount,
      },
      {
        name: 'svodka_imports',
        help: 'Imports by state; deleted ones count until they are swept.',
        kind: 'gauge',
        labels: ['state'],
        read: (database) => [...(database?.rooms.get('imports') ?? [])].map(([state, count]) => [{ state }, count]),
      },
    ],
    start: parser.warmUp,
    stop: parser.close,
  };
}
