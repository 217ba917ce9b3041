import type { StateOf } from '../../http/answers/kept_answers.js';
import { keptMetrics } from '../../http/answers/kept_metrics.js';
import { HTTP_SETTINGS } from '../../http/settings.js';
import type { Parts, Room } from '../../room.js';
import { threadMetrics } from '../../thread_pool.js';
import { createCitizensRepository } from './repository.js';
import { citizensRoutes } from './routes.js';
import { createCitizensService } from './service.js';
import type { TextMaker } from './text/text_maker.js';

export function createCitizensRoom(parts: Parts & { stateOf: StateOf; texts: TextMaker }): Room {
  const { db, settings, bodyBudget, stateOf, texts } = parts;
  const { bodyLimitBytes } = settings(HTTP_SETTINGS);
  const service = createCitizensService({ repository: createCitizensRepository(db), texts, stateOf });
  return {
    routes: citizensRoutes(service, { bodyLimitBytes, budget: bodyBudget }),
    metrics: [
      ...threadMetrics('text', texts.threadUse),
      ...keptMetrics('lists', service.keptUse),
      {
        name: 'svodka_citizens',
        help: 'Stored citizens, including those of staged imports.',
        kind: 'gauge',
        read: (database) => database?.spaces.get('citizens')?.get('rows'),
      },
    ],
    start: texts.warmUp,
    stop: texts.close,
  };
}
