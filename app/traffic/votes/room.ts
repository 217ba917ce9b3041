import type { Parts, Room } from '../../room.js';
import type { CasesService } from '../cases/service.js';
import { VOTE_METRICS } from './metrics.js';
import { createVotesRepository } from './repository.js';
import { managerRoutes } from './routes/manager_routes.js';
import { specRoutes } from './routes/spec_routes.js';
import { createVotesService, type VotesService } from './service.js';

/** Which case a specialist gets, votes and what they decide. `service`: for the other rooms of the wing. */
export function createVotesRoom({ db, cases }: Parts & { cases: CasesService }): Room & { service: VotesService } {
  const service = createVotesService(createVotesRepository(db), cases);
  return { service, routes: [...specRoutes(service), ...managerRoutes(service)], metrics: VOTE_METRICS };
}
