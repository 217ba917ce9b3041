import { keptMetrics } from '../../http/answers/kept_metrics.js';
import type { Parts, Room } from '../../room.js';
import { type ComparisonReads, createComparisonRepository } from './repository.js';
import { comparisonRoutes } from './routes.js';
import { createComparisonService } from './service.js';

export function createComparisonRoom({ db, stateOf, townTotals }: Parts & ComparisonReads): Room {
  const service = createComparisonService(createComparisonRepository(db, { stateOf, townTotals }));
  return { routes: comparisonRoutes(service), metrics: keptMetrics('comparisons', service.keptUse) };
}
