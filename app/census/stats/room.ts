import type { StateOf } from '../../http/answers/kept_answers.js';
import { keptMetrics } from '../../http/answers/kept_metrics.js';
import type { Parts, Room } from '../../room.js';
import { threadMetrics } from '../../thread_pool.js';
import type { Computer } from './computing/computer.js';
import { createStatsRepository } from './repository.js';
import { statsRoutes } from './routes.js';
import { createStatsService, type StatsService } from './service.js';

export function createStatsRoom(
  parts: Parts & { stateOf: StateOf; computer: Computer },
): Room & { service: StatsService } {
  const { db, stateOf, computer } = parts;
  const service = createStatsService({ repository: createStatsRepository(db), stateOf, computer });
  return {
    service,
    routes: statsRoutes(service),
    metrics: [...threadMetrics('statistics', computer.threadUse), ...keptMetrics('statistics', service.keptUse)],
    start: service.warmUp,
    stop: computer.close,
  };
}
