import type { Client } from '../../db/client.js';
import { type HeldTuple, VOTE_PROCEDURES as P, type SpecialistTuple } from './procedures.js';

/** A specialist's record. Money in units of SVODKA_VOTE_REWARD. */
export type Specialist = {
  userId: number;
  username: string;
  skill: number;
  wallet: number;
  /** Cast; `right` and `wrong` are those of decided cases. */
  votes: number;
  right: number;
  wrong: number;
  /** Right votes in a row, in order of decision. */
  streak: number;
  /** Share of pairs with another vote of the same round that say the same, 0 to 1; null before the first pair. */
  agreement: number | null;
};

export type HeldPhoto = { caseNo: number; bytes: number; type: string };

/** The case that a specialist looks at. Times in seconds since 1970. */
export type HeldCase = {
  caseId: string;
  transport: string;
  violationType: string | null;
  violationValue: string;
  timestamp: number;
  endsAt: number;
  photo: HeldPhoto;
};

/** `step`: of a decision, closed within 2^(step / 4) seconds. */
export type VoteCount = { kind: string; key: string; step: number; count: number };

export type Vote = 'justify' | 'convict';

/** `next`: the case that the specialist got with the vote; undefined if there was none or none was wanted. */
export type VoteOutcome = { caseId: string; next: HeldCase | undefined };

/** The result of a recount. A difference names the first wrong field of a specialist. */
export type VoteCheck = {
  specialists: number;
  votes: number;
  differing: number;
  differences: { userId: number; field: string; kept: number; counted: number }[];
};

/** Open cases, and the levels at which one has a free place, with the numbers of these cases and of their specialists. */
export type WaitingCases = { open: number; levels: { level: number; cases: number; specialists: number }[] };

/** `caseId`: the case that the vote is for; undefined: the one that is held. */
export type VoteOptions = { wantsNext: boolean; caseId: string | undefined };

/** All methods throw ServiceError. */
export type VotesRepository = {
  /** NO_CASE_LEFT */
  take(userId: number): Promise<HeldCase>;
  isHeldBy(caseId: string, userId: number): Promise<boolean>;
  /** NO_CASE_HELD */
  vote(userId: number, vote: Vote, options: VoteOptions): Promise<VoteOutcome>;
  /** USER_NOT_FOUND */
  specialist(userId: number): Promise<Specialist>;
  /** In order of ids, after one. */
  specialists(after: number | undefined, limit: number): Promise<{ specialists: Specialist[]; next: number | null }>;
  /** USER_NOT_FOUND */
  verify(userId: number | undefined, username: string | undefined): Promise<void>;
  waiting(): Promise<WaitingCases>;
  counts(): Promise<VoteCount[]>;
  /** CHECK_UNDER_WAY */
  recount(): Promise<VoteCheck>;
};

const MILLION = 1_000_000;
/** A recount goes over all votes in pieces: 3,000,000 of them take some 10 s. */
const RECOUNT_DEADLINE_MS = 600_000;

function toHeldCase([row, violationType, endsAt]: HeldTuple): HeldCase {
  const [no, caseId, transport, , , violationValue, , timestamp, , , , , , , bytes, type] = row;
  const photo = { caseNo: no, bytes, type };
  return { caseId, transport, violationType, violationValue, timestamp, endsAt, photo };
}

function toSpecialist(tuple: SpecialistTuple): Specialist {
  const [userId, username, skill, wallet, votes, right, wrong, streak, pairs, agreed] = tuple;
  const agreement = pairs === 0 ? null : agreed / pairs;
  return { userId, username, skill, wallet: wallet / MILLION, votes, right, wrong, streak, agreement };
}

export function createVotesRepository(db: Client): VotesRepository {
  return {
    async take(userId) {
      return toHeldCase(await db.call(P.takeCase, [userId]));
    },
    async isHeldBy(caseId, userId) {
      return (await db.call(P.isHeldBy, [caseId, userId]))[0];
    },
    async vote(userId, vote, { wantsNext, caseId }) {
      const [votedId, ...next] = await db.call(P.vote, [userId, vote, wantsNext, caseId ?? null]);
      return { caseId: votedId, next: next.length === 0 ? undefined : toHeldCase(next) };
    },
    async specialist(userId) {
      return toSpecialist((await db.call(P.getSpecialist, [userId]))[0]);
    },
    async specialists(after, limit) {
      const [found, next] = await db.call(P.listSpecialists, [after ?? null, limit]);
      return { specialists: found.map(toSpecialist), next: next ?? null };
    },
    async verify(userId, username) {
      await db.call(P.verifySpecialist, [userId ?? null, username ?? null]);
    },
    async waiting() {
      const [open, levels] = await db.call(P.waitingCases, []);
      return { open, levels: levels.map(([level, cases, specialists]) => ({ level, cases, specialists })) };
    },
    async counts() {
      const [counts] = await db.call(P.voteCounts, []);
      return counts.map(([kind, key, step, count]) => ({ kind, key, step, count }));
    },
    async recount() {
      const [specialists, votes, differing, found] = await db.call(P.recountVotes, [], {
        deadlineMs: RECOUNT_DEADLINE_MS,
      });
      const differences = found.map(([userId, field, kept, counted]) => ({ userId, field, kept, counted }));
      return { specialists, votes, differing, differences };
    },
  };
}
