import { data, type Route } from '../../../http/route.js';
import { MANAGERS } from '../../access.js';
import { caseCheckSchema } from '../schema.js';
import type { CasesService } from '../service.js';

export function checkRoute(service: CasesService): Route {
  return {
    method: 'post',
    path: '/cases/check',
    tag: 'Cases',
    access: MANAGERS,
    summary: 'Recount all cases and compare with the stored statistics',
    description:
      'Changes nothing. Other requests are served meanwhile, and cases that change during the check are taken into account. ' +
      'One check runs at a time. `svodka check` does this too.',
    success: {
      status: 200,
      description: 'What was compared, and what differs.',
      schema: data(caseCheckSchema),
      example: {
        data: {
          cases: 1_204,
          counts: 57,
          wrong_counts: 1,
          differences: [{ kind: 'day', key: '2024-01-01', kept: 12, counted: 13 }],
        },
      },
    },
    problems: [409, 503],
    async handle(ctx) {
      const { wrongCounts, ...found } = await service.check();
      ctx.body = { data: { ...found, wrong_counts: wrongCounts } };
    },
  };
}
