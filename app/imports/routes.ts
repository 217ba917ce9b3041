import type { BodyBudget } from '../http/body_budget.js';
import type { Route } from '../http/route.js';
import { citizenRoutes } from './citizen_routes.js';
import { collectionRoutes } from './collection_routes.js';
import { exampleCitizen, exampleRelative } from './examples.js';
import { listRoute } from './list_route.js';
import { postRoute } from './post_route.js';
import { progressRoutes } from './progress_routes.js';
import type { ImportsService } from './service.js';

export type ImportRoutesOptions = {
  bodyLimitBytes: number;
  /** Of all imports in work at once. */
  budget: BodyBudget;
  /** When the service begins to stop. */
  stopping: AbortSignal;
};

export function importRoutes(
  service: ImportsService,
  { bodyLimitBytes, budget, stopping }: ImportRoutesOptions,
): Route[] {
  return [
    postRoute(service, bodyLimitBytes, budget),
    ...collectionRoutes(service),
    ...progressRoutes(service, stopping),
    listRoute(service, [exampleCitizen, exampleRelative]),
    ...citizenRoutes(service, bodyLimitBytes),
  ];
}
