import { smallFormBody } from '../../../http/bodies/body.js';
import { CURSOR, limitParameter, nextCursor, pageOf } from '../../../http/query/number_page.js';
import { readQuery } from '../../../http/query/query.js';
import { withDefault } from '../../../http/query/query_kinds.js';
import { data, type Route } from '../../../http/route.js';
import { createBodyCheck } from '../../../users/schema.js';
import { MANAGERS, VOTE_VIEWERS } from '../../access.js';
import { specialistSchema, statisticsSchema, verifySchema, voteCheckSchema, waitingSchema } from '../schema.js';
import type { VotesService } from '../service.js';
import { exampleSpecialist, toSpecialistAnswer } from './answers.js';

const BODY_LIMIT_BYTES = 4 * 1024;

const PAGE = {
  limit: withDefault(limitParameter('Maximum number of specialists per page.', 1_000), 100),
  after: CURSOR,
};

const common = { tag: 'Votes', access: MANAGERS } as const;

/** What managers do about specialists. */
export function managerRoutes(service: VotesService): Route[] {
  const checkVerify = createBodyCheck(verifySchema);
  return [
    {
      ...common,
      method: 'post',
      path: '/managers/verify',
      slash: 'either',
      summary: 'Make a user a specialist',
      description:
        'By name or id. The user begins with skill 1; one who is a specialist already keeps skill and wallet.',
      requestBody: { schema: verifySchema, example: { username: 'lisa' } },
      success: {
        status: 200,
        description: 'The user is a specialist.',
        schema: { type: 'object', required: ['status'], properties: { status: { type: 'string', const: 'OK' } } },
        example: { status: 'OK' },
      },
      problems: [400, 404, 408, 413, 415, 503, 507],
      middleware: [smallFormBody(BODY_LIMIT_BYTES)],
      async handle(ctx) {
        const { id, username } = checkVerify(ctx.state['body'], ctx.state['isForm'] === true);
        await service.verify(id, username);
        ctx.body = { status: 'OK' };
      },
    },
    {
      ...common,
      method: 'get',
      path: '/managers/specialists',
      slash: 'either',
      summary: 'Specialists and their records',
      parameters: PAGE,
      success: {
        status: 200,
        description: 'A page, in order of registration.',
        schema: pageOf(specialistSchema),
        example: { data: [exampleSpecialist], next_cursor: null },
      },
      problems: [503],
      async handle(ctx) {
        const { limit, after } = readQuery(ctx, PAGE);
        const { specialists, next } = await service.specialists(after, limit);
        ctx.body = { data: specialists.map(toSpecialistAnswer), next_cursor: nextCursor(next) };
      },
    },
    {
      ...common,
      method: 'get',
      path: '/votes/stats',
      summary: 'Agreement of specialists, and the time to a decision',
      description: 'Kept up by the votes.',
      success: {
        status: 200,
        description: 'The statistics.',
        schema: data(statisticsSchema),
        example: {
          data: {
            votes: { justify: 812, convict: 2_341 },
            agreement: 0.93,
            decisions: [
              { status: 'justified', cases: 240, median_s: 304.4, p90_s: 1_448.2 },
              { status: 'convicted', cases: 731, median_s: 256, p90_s: 1_217.7 },
            ],
          },
        },
      },
      problems: [503],
      async handle(ctx) {
        const { votes, agreement, decisions } = await service.statistics();
        const times = decisions.map(({ medianS, p90S, ...rest }) => ({ ...rest, median_s: medianS, p90_s: p90S }));
        ctx.body = { data: { votes, agreement, decisions: times } };
      },
    },
    {
      ...common,
      access: VOTE_VIEWERS,
      method: 'get',
      path: '/votes/waiting',
      summary: 'What open cases wait for',
      description:
        'By level, the skill of the specialists who may vote. A level without specialists keeps its cases open.',
      success: {
        status: 200,
        description: 'The levels, lowest first.',
        schema: data(waitingSchema),
        example: { data: { open: 4, levels: [{ level: 2, cases: 3, specialists: 0 }] } },
      },
      problems: [503],
      async handle(ctx) {
        ctx.body = { data: await service.waiting() };
      },
    },
    {
      ...common,
      method: 'post',
      path: '/votes/check',
      summary: 'Check wallets and records of specialists',
      description:
        'Counts all votes anew and compares; changes nothing. It goes in pieces beside all other work, and votes that come meanwhile ' +
        'are counted in. One check runs at a time. `svodka check` does this too.',
      success: {
        status: 200,
        description: 'What was compared, and what differs.',
        schema: data(voteCheckSchema),
        example: {
          data: {
            specialists: 12,
            votes: 3_153,
            differing: 1,
            differences: [{ user_id: 7, field: 'wallet', kept: 42_000_000, counted: 41_000_000 }],
          },
        },
      },
      problems: [409, 503],
      async handle(ctx) {
        const { differences, ...found } = await service.check();
        ctx.body = {
          data: { ...found, differences: differences.map(({ userId, ...rest }) => ({ user_id: userId, ...rest })) },
        };
      },
    },
  ];
}
