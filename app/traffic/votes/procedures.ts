import { read, write } from '../../db/procedure.js';
import type { CaseTuple } from '../cases/model/case_tuple.js';

/** Money in millionths. `pairs`: of a vote with another one of the same round; `agreed`: of them, those that say the same. */
export type SpecialistTuple = readonly [
  userId: number,
  username: string,
  skill: number,
  wallet: number,
  votes: number,
  right: number,
  wrong: number,
  streak: number,
  pairs: number,
  agreed: number,
];

export type HeldTuple = [row: CaseTuple, violationType: string | null, endsAt: number];

export const VOTE_PROCEDURES = {
  takeCase: write<[userId: number], HeldTuple>('svodka.votes.take'),
  isHeldBy: read<[caseId: string, userId: number], [isHeld: boolean]>('svodka.votes.is_held_by'),
  /** `next`: what takeCase would give after the vote, if that is wanted and there is a case. */
  vote: write<
    [userId: number, vote: string, wantsNext: boolean, caseId: string | null],
    [caseId: string, ...next: HeldTuple | []]
  >('svodka.votes.vote'),
  getSpecialist: read<[userId: number], [SpecialistTuple]>('svodka.votes.specialist'),
  listSpecialists: read<
    [after: number | null, limit: number],
    [specialists: SpecialistTuple[], next: number | null | undefined]
  >('svodka.votes.specialists'),
  verifySpecialist: write<[userId: number | null, username: string | null], []>('svodka.votes.verify'),
  /** Numbers of cases and specialists are counted up to 100. */
  waitingCases: read<[], [open: number, levels: [level: number, cases: number, specialists: number][]]>(
    'svodka.votes.waiting',
  ),
  /** Kinds: vote (of justify, convict), pair (agreed, differed), decision (a status, within 2^(step / 4) seconds). */
  voteCounts: read<[], [counts: [kind: string, key: string, step: number, count: number][]]>('svodka.votes.counts'),
  recountVotes: read<
    [],
    [
      specialists: number,
      votes: number,
      differing: number,
      differences: [userId: number, field: string, kept: number, counted: number][],
    ]
  >('svodka.votes.recount'),
} as const;
