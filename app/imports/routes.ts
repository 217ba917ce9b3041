import type { Route } from '../http/route.js';
import { citizenRoutes } from './citizen_routes.js';
import { collectionRoutes } from './collection_routes.js';
import { exampleCitizen, exampleRelative } from './examples.js';
import { listRoute } from './list_route.js';
import { postRoute } from './post_route.js';
import { progressRoutes } from './progress_routes.js';
import type { ImportsService } from './service.js';

/** `stopping`: when the service begins to stop. */
export function importRoutes(service: ImportsService, bodyLimitBytes: number, stopping: AbortSignal): Route[] {
  return [
    postRoute(service, bodyLimitBytes),
    ...collectionRoutes(service),
    ...progressRoutes(service, stopping),
    listRoute(service, [exampleCitizen, exampleRelative]),
    ...citizenRoutes(service, bodyLimitBytes),
  ];
}
