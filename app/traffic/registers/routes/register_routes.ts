import { limitParameter, pageOf } from '../../../http/query/number_page.js';
import { readQuery } from '../../../http/query/query.js';
import { optional, withDefault } from '../../../http/query/query_kinds.js';
import type { Route } from '../../../http/route.js';
import { MANAGERS } from '../../access.js';
import { ownerSchema, violationSchema } from '../schema.js';
import type { RegistersService } from '../service.js';

function toTextCursor(key: string | null): string | null {
  return key === null ? null : Buffer.from(key).toString('base64url');
}

const PAGE = {
  limit: withDefault(limitParameter('Maximum number of violations per page.', 1_000), 1_000),
  after: optional<string>({
    name: 'cursor',
    description: 'The next_cursor of an earlier page.',
    schema: { type: 'string' },
    read(text, refuse) {
      const key = Buffer.from(text, 'base64url').toString();
      if (key !== '' && toTextCursor(key) === text) return key;
      refuse({ code: 'WRONG_FORM', detail: 'must be the unchanged next_cursor of an earlier page' });
      return undefined;
    },
  }),
};

const common = { tag: 'Registers', access: MANAGERS } as const;

export function registerRoutes(service: RegistersService): Route[] {
  return [
    {
      ...common,
      method: 'get',
      path: '/violations',
      summary: 'Kinds of violations and their fines',
      parameters: PAGE,
      success: {
        status: 200,
        description: 'A page, in order of their types.',
        schema: pageOf(violationSchema),
        example: {
          data: [{ id: 'de16a3b5-7fd9-47a6-9b78-82bd0b41be71', violation_type: 'speeding', fine: 500 }],
          next_cursor: null,
        },
      },
      problems: [503],
      async handle(ctx) {
        const { limit, after } = readQuery(ctx, PAGE);
        const { violations, next } = await service.violations(after, limit);
        ctx.body = { data: violations, next_cursor: toTextCursor(next) };
      },
    },
    {
      ...common,
      method: 'get',
      path: '/car_owners/{car_number}',
      pathParameters: { car_number: { type: 'string' } },
      summary: 'The owner of a car',
      success: {
        status: 200,
        description: 'The contacts.',
        schema: ownerSchema,
        example: {
          ...{
            car_number: '1ABC2377',
            phone_number: '79161234567',
            email: 'homer@example.org',
            tg: '@homer',
            vk: null,
          },
        },
      },
      problems: [404, 503],
      async handle(ctx) {
        ctx.body = await service.owner(ctx.params['car_number'] ?? '');
      },
    },
  ];
}
