import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { toTimestamp } from '../../../calendar.js';
import { FORM_TYPE, smallFormBody } from '../../../http/bodies/body.js';
import { readQuery } from '../../../http/query/query.js';
import { oneOf } from '../../../http/query/query_kinds.js';
import type { Route } from '../../../http/route.js';
import { signedInCaller } from '../../../users/rights.js';
import { createBodyCheck } from '../../../users/schema.js';
import { SPECIALISTS } from '../../access.js';
import { PHOTO_TYPES } from '../../cases/model/photo_type.js';
import { castVoteSchema, heldCaseSchema, specialistSchema, voteSchema } from '../schema.js';
import type { HeldCase, VotesService } from '../service.js';
import { exampleCase, exampleSpecialist, toSpecialistAnswer } from './answers.js';

const BODY_LIMIT_BYTES = 4 * 1024;
const JSON_TYPE = 'application/json';

const VOTE_QUERY = {
  next: oneOf({
    name: 'next',
    description: 'true: also takes the next case and answers it.',
    words: ['true', 'false'],
  }),
};

const common = { tag: 'Votes', access: SPECIALISTS, slash: 'either' } as const;

function toCaseAnswer({ caseId, transport, violationType, violationValue, timestamp, endsAt }: HeldCase) {
  return {
    case_id: caseId,
    transport,
    violation_type: violationType,
    violation_value: violationValue,
    timestamp: toTimestamp(timestamp),
    photo_url: `/cases/${caseId}/photo`,
    expires_at: toTimestamp(endsAt),
  };
}

function sendPhoto(ctx: Context, service: VotesService, held: HeldCase): void {
  const { case_id, transport, violation_type, violation_value, timestamp, expires_at } = toCaseAnswer(held);
  // Texts of cameras and managers may be in any script, which a header cannot hold. Everyday values, `62km/h`, stay as they are.
  ctx.set({
    'X-Case-Id': case_id,
    'X-Transport': encodeURI(transport),
    'X-Violation-Type': encodeURIComponent(violation_type ?? ''),
    'X-Violation-Value': encodeURI(violation_value),
    'X-Case-Timestamp': timestamp,
    'X-Expires-At': expires_at,
  });
  ctx.body = Readable.from(service.photo(held.photo), { objectMode: false });
  ctx.type = held.photo.type;
  ctx.length = held.photo.bytes;
}

/** What specialists do: look at a case, vote, look at their own record. */
export function specRoutes(service: VotesService): Route[] {
  const checkVote = createBodyCheck(voteSchema);
  return [
    {
      ...common,
      method: 'get',
      path: '/specs/get-case',
      summary: 'The case to look at',
      description:
        'A random open case of your skill that you never had at this level. It is yours until you vote or `SVODKA_CASE_HOLD` ' +
        'seconds are over: asked again, this answers the same case. The answer is the photo, with the case in the headers ' +
        '`X-Case-Id`, `X-Transport`, `X-Violation-Type`, `X-Violation-Value` (these three percent-encoded), `X-Case-Timestamp` ' +
        'and `X-Expires-At`; with `Accept: application/json` it is the case, and `photo_url` leads to the photo.',
      success: {
        status: 200,
        description: 'The case.',
        schema: heldCaseSchema,
        example: exampleCase,
        otherTypes: Object.fromEntries(
          PHOTO_TYPES.map((type) => [type, { schema: { type: 'string', contentMediaType: type } }]),
        ),
      },
      problems: [404, 503, 507],
      async handle(ctx) {
        const held = await service.take(signedInCaller(ctx).userId);
        ctx.set('Cache-Control', 'no-store');
        ctx.vary('Accept');
        if (ctx.accepts(...PHOTO_TYPES, JSON_TYPE) === JSON_TYPE) ctx.body = toCaseAnswer(held);
        else sendPhoto(ctx, service, held);
      },
    },
    {
      ...common,
      method: 'post',
      path: '/specs/vote',
      summary: 'Vote on the case that you have',
      description:
        'The last vote that is missing decides: when all say the same, the case is closed and whoever voted so gets a reward; else ' +
        'it goes to specialists of the next skill. `convinct` means `convict`. With `?next=true` the next case comes with the answer, in ' +
        'the same transaction.',
      parameters: VOTE_QUERY,
      requestBody: {
        schema: voteSchema,
        example: { vote: 'convict' },
        otherTypes: { [FORM_TYPE]: { schema: voteSchema } },
      },
      success: {
        status: 200,
        description: 'The vote is stored.',
        schema: castVoteSchema,
        example: { status: 'OK', case_id: exampleCase.case_id },
      },
      problems: [400, 408, 409, 413, 415, 503, 507],
      middleware: [smallFormBody(BODY_LIMIT_BYTES)],
      async handle(ctx) {
        const { vote, case_id: meant } = checkVote(ctx.state['body'], ctx.state['isForm'] === true);
        const wantsNext = readQuery(ctx, VOTE_QUERY).next === 'true';
        const said = vote === 'convinct' ? 'convict' : vote;
        const options = { wantsNext, caseId: meant?.toLowerCase() };
        const { caseId, next } = await service.vote(signedInCaller(ctx).userId, said, options);
        ctx.body = {
          status: 'OK',
          case_id: caseId,
          ...(wantsNext && { next: next === undefined ? null : toCaseAnswer(next) }),
        };
      },
    },
    {
      ...common,
      method: 'get',
      path: '/specs/me',
      summary: 'Own skill, wallet and record',
      success: { status: 200, description: 'The record.', schema: specialistSchema, example: exampleSpecialist },
      problems: [503],
      async handle(ctx) {
        ctx.body = toSpecialistAnswer(await service.specialist(signedInCaller(ctx).userId));
      },
    },
  ];
}
