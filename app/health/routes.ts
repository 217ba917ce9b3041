import type { Route } from '../http/route.js';
import type { HealthService } from './service.js';

const TAG = 'Health';

const checksSchema = {
  type: 'object',
  required: ['ready', 'checks'],
  properties: {
    ready: { type: 'boolean' },
    checks: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'ok', 'detail'],
        properties: { name: { type: 'string' }, ok: { type: 'boolean' }, detail: { type: 'string' } },
      },
    },
  },
};

export function healthRoutes(service: HealthService): Route[] {
  return [
    {
      method: 'get',
      path: '/health/live',
      access: 'public',
      tag: TAG,
      summary: 'Is the process alive',
      description: 'Does not contact the database: when this fails, restart the process.',
      success: {
        status: 200,
        description: 'It is.',
        schema: { type: 'object', required: ['alive'], properties: { alive: { const: true } } },
      },
      problems: [],
      handle(ctx) {
        ctx.body = { alive: true };
      },
    },
    {
      method: 'get',
      path: '/health/ready',
      access: 'public',
      tag: TAG,
      summary: 'Can requests be served',
      description:
        'Returns 503 with the same body while a check fails; do not route requests to the service then. Of several web ' +
        'processes, and of several sets of databases, one is enough: if others are missing, their checks fail and the ' +
        'service is ready.',
      success: { status: 200, description: 'Requests can be served.', schema: checksSchema },
      otherAnswer: { status: 503, description: 'A check fails.', schema: checksSchema },
      problems: [],
      async handle(ctx) {
        const readiness = await service.readiness();
        ctx.status = readiness.ready ? 200 : 503;
        ctx.body = readiness;
      },
    },
  ];
}
