import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Client } from '../../../app/db/client.js';
import type { Procedure } from '../../../app/db/procedure.js';
import type { MsgpackInput } from '../../../app/db/wire/msgpack.js';
import { ServiceError } from '../../../app/errors.js';
import { VOTE_PROCEDURES } from '../../../app/traffic/votes/procedures.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { projectDir } from '../../support/folder.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { createVotesModel } from '../../support/traffic/votes_model.js';

const RUNS = IS_NIGHTLY ? 600 : 40;
const SCRIPT = join(projectDir, 'test', 'support', 'traffic', 'votes_clock.lua');

function procedure<Args extends readonly MsgpackInput[], Result>(name: string): Procedure<Args, Result> {
  return { name: `svodka.test.votes_${name}`, kind: 'write' };
}

type SpecialistRow = [
  ...[id: number, skill: number, wallet: number, votes: number, right: number, wrong: number, streak: number],
  ...[window: string, pairs: number, agreed: number],
];

const TEST = {
  advance: procedure<[seconds: number], []>('advance'),
  clear: procedure<[], []>('clear'),
  specialist: procedure<[skill: number, window: string], [id: number]>('specialist'),
  addCase: procedure<[skill: number], [no: number]>('case'),
  rows: procedure<[], [cases: [no: number, status: string, level: number][], specialists: SpecialistRow[]]>('rows'),
};

const who = fc.nat(1_000);
const skill = fc.constantFrom(1, 1, 2, 99, 100, 100);
/** What makes a change of skill near. */
const window = fc.constantFrom('', '', '+'.repeat(19), '+'.repeat(18), '-'.repeat(9), '-+'.repeat(8));
/** Skills and last votes of the first specialists. At level 100 a majority decides, so that votes can be wrong. */
const BEGIN = [1, 1, 1, 99, 100, 100, 100].map(
  (level, at) => [level, ['-'.repeat(9), '', '+'.repeat(19)][at % 3] ?? ''] as const,
);
const said = fc.constantFrom('justify' as const, 'convict' as const, 'convict' as const);
const move = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('take' as const), who }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('vote' as const), who, said, wantsNext: fc.boolean() }) },
);
const action = fc.oneof(
  /** Requests that are under way at the same time. */
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('moves' as const),
      moves: fc.array(move, { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('case' as const), skill }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('specialist' as const), skill, window }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.constantFrom(1, 900, 1_801) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

/** A number, or the code of a refusal. */
async function answerOf(call: Promise<number>): Promise<number | string> {
  try {
    return await call;
  } catch (reason) {
    if (reason instanceof ServiceError) return reason.code;
    throw reason;
  }
}

describe('votes, beside a model of them', () => {
  let tarantool: RunningTarantool;
  let db: Client;
  before(async () => {
    tarantool = await startTarantool({ script: SCRIPT });
    db = await connectClient({ address: tarantool.address });
  });
  after(async () => {
    await closeClients();
    await tarantool.end();
  });

  async function send(each: Move, id: number): Promise<number | string> {
    if (each.kind === 'take') return answerOf(db.call(VOTE_PROCEDURES.takeCase, [id]).then(([[no]]) => no));
    const { said: vote, wantsNext } = each;
    // The number of the next case; 0 without one.
    return answerOf(db.call(VOTE_PROCEDURES.vote, [id, vote, wantsNext, null]).then(([, next]) => next?.[0] ?? 0));
  }

  async function run(actions: readonly Action[]): Promise<void> {
    await db.call(TEST.clear, []);
    const model = createVotesModel();
    for (const [level, last] of BEGIN) {
      model.addSpecialist((await db.call(TEST.specialist, [level, last]))[0], level, last);
      model.addCase((await db.call(TEST.addCase, [level]))[0], level);
    }
    const pick = (which: number): number => (model.specialists[which % model.specialists.length] as { id: number }).id;

    function compare(each: Move, answer: number | string): void {
      const id = pick(each.who);
      if (each.kind === 'vote') {
        const isVoted = model.vote(id, each.said);
        if (!isVoted || !each.wantsNext) {
          assert.equal(answer, isVoted ? 0 : 'NO_CASE_HELD');
          return;
        }
      }
      const eligible = model.eligible(id);
      if (eligible.length === 0) {
        assert.equal(answer, each.kind === 'vote' ? 0 : 'NO_CASE_LEFT');
        return;
      }
      assert.ok(eligible.includes(answer as number), `got ${answer}, not one of ${eligible}`);
      model.take(id, answer as number);
    }

    for (const step of actions) {
      switch (step.kind) {
        case 'case':
          model.addCase((await db.call(TEST.addCase, [step.skill]))[0], step.skill);
          break;
        case 'specialist':
          model.addSpecialist((await db.call(TEST.specialist, [step.skill, step.window]))[0], step.skill, step.window);
          break;
        case 'advance':
          await db.call(TEST.advance, [step.seconds]);
          model.advance(step.seconds);
          break;
        case 'moves': {
          const answers = await Promise.all(step.moves.map((each) => send(each, pick(each.who))));
          // The database begins calls in the order in which they were sent, and none yields before its commit.
          for (const [at, each] of step.moves.entries()) compare(each, answers[at] as number | string);
        }
      }
    }

    const [cases, specialists] = await db.call(TEST.rows, []);
    assert.deepEqual(
      cases,
      model.cases.map(({ no, status, level }) => [no, status, level]),
    );
    assert.deepEqual(
      specialists,
      model.specialists.map(
        ({ id, skill: level, wallet, votes, right, wrong, streak, window: last, pairs, agreed }) => [
          ...[id, level, wallet, votes, right, wrong, streak, last, pairs, agreed],
        ],
      ),
    );
    const [, , differing, differences] = await db.call(VOTE_PROCEDURES.recountVotes, []);
    assert.equal(differing, 0, JSON.stringify(differences));
  }

  it('give the cases and make the decisions, rewards and skills that the model does', async () => {
    await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), run), { numRuns: RUNS });
  });
});
