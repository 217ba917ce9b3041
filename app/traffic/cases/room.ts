import { createBodyBudget } from '../../http/bodies/body_budget.js';
import type { Parts, Room } from '../../room.js';
import type { CamerasService } from '../cameras/service.js';
import { createCasesRepository } from './repository.js';
import { intakeRoute } from './routes/intake_route.js';
import { type IsHeldBy, photoRoute } from './routes/photo_route.js';
import { readRoutes } from './routes/read_routes.js';
import { type CasesService, createCasesService } from './service.js';
import { CASE_SETTINGS } from './settings.js';

/** Web processes tell each other of the photos that they hold in steps of this size. */
const SHARED_STEP_BYTES = 256 * 1024;

/** Cases and their photos. `service`: for the other rooms of the wing. */
export function createCasesRoom(
  parts: Parts & { cameras: CamerasService; isHeldBy: IsHeldBy },
): Room & { service: CasesService } {
  const { db, settings, log, siblings, cameras, isHeldBy } = parts;
  const { repeatS, photosMemoryBytes } = settings(CASE_SETTINGS);
  const budget = createBodyBudget(photosMemoryBytes, {
    busyCode: 'SERVICE_BUSY',
    shared: siblings.figure('photos', SHARED_STEP_BYTES),
  });
  const service = createCasesService({
    repository: createCasesRepository(db),
    cameras,
    budget,
    repeatS,
    onFault: (reason) => log.debug({ err: reason }, 'a staged photo could not be discarded'),
  });
  return {
    service,
    routes: [intakeRoute(service), ...readRoutes(service), photoRoute(service, isHeldBy)],
    metrics: [
      {
        name: 'svodka_photo_bytes_held',
        help: 'Memory held for photos that arrive.',
        kind: 'gauge',
        read: () => budget.use().heldBytes,
      },
    ],
  };
}
