import type { ServedPath } from '../http/route.js';
import type { MetricsService } from './service.js';

/** `/metrics` for Prometheus; not part of the API. */
export function metricsPath(service: MetricsService): ServedPath {
  return {
    method: 'get',
    path: '/metrics',
    access: 'public',
    async handle(ctx) {
      const text = await service.text();
      ctx.set('Content-Type', service.contentType);
      ctx.body = text;
    },
  };
}
