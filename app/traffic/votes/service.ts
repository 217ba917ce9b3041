import type { CasesService } from '../cases/service.js';
import { percentileOfSteps } from './model/statistics.js';
import type {
  HeldCase,
  HeldPhoto,
  Specialist,
  Vote,
  VoteCheck,
  VoteCount,
  VoteOptions,
  VoteOutcome,
  VotesRepository,
  WaitingCases,
} from './repository.js';

export type { HeldCase, Specialist } from './repository.js';

/** Times in seconds; each is the upper bound of a step, at most 19% too long. */
type DecisionTimes = { status: string; cases: number; medianS: number | null; p90S: number | null };

type VoteStatistics = {
  votes: { justify: number; convict: number };
  /** Of all pairs of votes of the same round, the share that say the same. */
  agreement: number | null;
  /** From the arrival of a case to its decision. */
  decisions: DecisionTimes[];
};

export type VotesService = {
  /** The specialist's case: the one held, or another one. @throws ServiceError NO_CASE_LEFT */
  take(userId: number): Promise<HeldCase>;
  /** The bytes of a photo, in pieces. */
  photo(of: HeldPhoto): AsyncIterable<Uint8Array>;
  isHeldBy(caseId: string, userId: number): Promise<boolean>;
  /**
   * Votes on the case held, and takes the next one if that is wanted.
   * @throws ServiceError NO_CASE_HELD, also for another case than the one that is meant
   */
  vote(userId: number, vote: Vote, options: VoteOptions): Promise<VoteOutcome>;
  specialist(userId: number): Promise<Specialist>;
  specialists(after: number | undefined, limit: number): Promise<{ specialists: Specialist[]; next: number | null }>;
  /** Makes a user a specialist; one who is one already keeps skill and wallet. @throws ServiceError USER_NOT_FOUND */
  verify(userId: number | undefined, username: string | undefined): Promise<void>;
  /** What open cases wait for; cases and specialists of a level are counted up to 100. */
  waiting(): Promise<WaitingCases>;
  statistics(): Promise<VoteStatistics>;
  /** Counts all votes anew and compares wallets and records. O(votes) @throws ServiceError CHECK_UNDER_WAY */
  check(): Promise<VoteCheck>;
};

function countsOf(counts: readonly VoteCount[], kind: string, key: string): readonly VoteCount[] {
  return counts.filter((each) => each.kind === kind && each.key === key);
}

function sumOf(counts: readonly VoteCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

function toStatistics(counts: readonly VoteCount[]): VoteStatistics {
  const sum = (kind: string, key: string) => sumOf(countsOf(counts, kind, key));
  const agreed = sum('pair', 'agreed');
  const pairs = agreed + sum('pair', 'differed');
  return {
    votes: { justify: sum('vote', 'justify'), convict: sum('vote', 'convict') },
    agreement: pairs === 0 ? null : agreed / pairs,
    decisions: ['justified', 'convicted'].map((status) => {
      const decided = countsOf(counts, 'decision', status);
      return {
        status,
        cases: sumOf(decided),
        medianS: percentileOfSteps(decided, 0.5),
        p90S: percentileOfSteps(decided, 0.9),
      };
    }),
  };
}

export function createVotesService(repository: VotesRepository, cases: CasesService): VotesService {
  return {
    take: repository.take,
    photo: ({ caseNo, bytes }) => cases.photo({ no: caseNo }, { start: 0, end: bytes - 1 }),
    isHeldBy: repository.isHeldBy,
    vote: repository.vote,
    specialist: repository.specialist,
    specialists: repository.specialists,
    verify: repository.verify,
    waiting: repository.waiting,
    check: repository.recount,
    async statistics() {
      return toStatistics(await repository.counts());
    },
  };
}
