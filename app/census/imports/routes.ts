import type { BodyBudget } from '../../http/bodies/body_budget.js';
import type { EventStreams } from '../../http/event_stream.js';
import type { Route } from '../../http/route.js';
import { collectionRoutes } from './routes/collection_routes.js';
import { postRoute } from './routes/post_route.js';
import { progressRoutes } from './routes/progress_routes.js';
import type { ImportsService } from './service.js';

type ImportRoutesOptions = {
  bodyLimitBytes: number;
  /** For the bodies of all requests together. */
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
  ];
}
