import type { BodyBudget } from '../../http/bodies/body_budget.js';
import type { EventStreams } from '../../http/event_stream.js';
import type { Route } from '../../http/route.js';
import { exampleCitizen, exampleRelative } from '../citizens/examples.js';
import { listRoute } from '../citizens/list_route.js';
import { citizenRoutes } from '../citizens/routes.js';
import { collectionRoutes } from './routes/collection_routes.js';
import { postRoute } from './routes/post_route.js';
import { progressRoutes } from './routes/progress_routes.js';
import type { ImportsService } from './service.js';

export type ImportRoutesOptions = {
  bodyLimitBytes: number;
  /** Of all bodies in work at once. */
  budget: BodyBudget;
  streams: EventStreams;
};

export function importRoutes(
  service: ImportsService,
  { bodyLimitBytes, budget, streams }: ImportRoutesOptions,
): Route[] {
  return [
    postRoute(service, bodyLimitBytes, budget),
    ...collectionRoutes(service),
    ...progressRoutes(service, streams),
    listRoute(service, [exampleCitizen, exampleRelative]),
    ...citizenRoutes(service, bodyLimitBytes, budget),
  ];
}
