import type { StateOf } from '../../http/answers/kept_answers.js';
import { keptMetrics } from '../../http/answers/kept_metrics.js';
import type { Parts, Room } from '../../room.js';
import { warmUpBirthdaysJson } from './birthdays_json.js';
import { createPresentsRepository } from './repository.js';
import { presentsRoutes } from './routes.js';
import { createPresentsService } from './service.js';

export function createPresentsRoom({ db, stateOf }: Parts & { stateOf: StateOf }): Room {
  const service = createPresentsService(createPresentsRepository(db), stateOf);
  return {
    routes: presentsRoutes(service),
    metrics: keptMetrics('presents', service.keptUse),
    start: warmUpBirthdaysJson,
  };
}
