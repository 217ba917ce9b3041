import type { Parts, Room } from '../../room.js';
import { createEvaluator } from './expressions/evaluator.js';
import { createCamerasRepository } from './repository.js';
import { cameraRoutes } from './routes/camera_routes.js';
import { typeRoutes } from './routes/type_routes.js';
import { type CamerasService, createCamerasService } from './service.js';
import { createCatalogs } from './shapes/catalog.js';

/** Camera types and cameras. `service`: for the other rooms of the wing. */
export function createCamerasRoom({ db, bodyBudget }: Parts): Room & { service: CamerasService } {
  const repository = createCamerasRepository(db);
  const evaluator = createEvaluator();
  const service = createCamerasService({ repository, catalogs: createCatalogs(repository.types), evaluator });
  return {
    service,
    routes: [...typeRoutes(service, bodyBudget), ...cameraRoutes(service)],
    metrics: [
      {
        name: 'svodka_expression_processes',
        help: 'Processes that evaluate the expressions of camera types.',
        kind: 'gauge',
        read: () => evaluator.use().processes,
      },
      {
        name: 'svodka_expressions_waiting',
        help: 'Records whose expressions are being evaluated, or wait for it.',
        kind: 'gauge',
        read: () => evaluator.use().waiting,
      },
    ],
    stop: evaluator.close,
  };
}
