import type { Parts, Room } from '../../room.js';
import { createChecksRepository } from './repository.js';
import { checkRoutes } from './routes.js';
import { createChecksService } from './service.js';

export function createChecksRoom({ db }: Parts): Room {
  return { routes: checkRoutes(createChecksService(createChecksRepository(db))) };
}
