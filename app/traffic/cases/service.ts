import type { Context } from 'koa';
import type { BodyBudget } from '../../http/bodies/body_budget.js';
import type { CamerasService } from '../cameras/service.js';
import type { Place } from '../cursor.js';
import type { Case, WholeCase } from './case.js';
import { type Accepted, createAccept, type Sender } from './intake/accept.js';
import { createPhotoSink } from './intake/photo_sink.js';
import { readCaseForm } from './intake/read_case_form.js';
import {
  type CaseCheck,
  type CaseFilter,
  type CaseStatus,
  type CasesRepository,
  PHOTO_PIECE_BYTES,
} from './repository.js';

export type { Case, WholeCase } from './case.js';
export type { Accepted, Sender } from './intake/accept.js';
export type { CaseFilter, CaseStatus } from './repository.js';

/** What statistics count cases by. */
export const STAT_KINDS = ['camera', 'violation', 'status', 'day'] as const;
export type StatKind = (typeof STAT_KINDS)[number];

/** How many cases there are by key. */
export type CaseCounts = readonly (readonly [key: string, cases: number])[];

/** All methods throw ServiceError. */
export type CasesService = {
  /** Reads the form of a request and stores the case. docs/errors.md has what is refused. */
  receive(ctx: Context, sender: Sender): Promise<Accepted>;
  /** CASE_NOT_FOUND */
  get(caseId: string): Promise<WholeCase>;
  /** Newest first. */
  list(
    filter: CaseFilter,
    after: Place<number> | undefined,
    limit: number,
  ): Promise<{ cases: WholeCase[]; next: Place<number> | null }>;
  /** All statuses, oldest first. CASE_NOT_FOUND */
  history(caseId: string): Promise<CaseStatus[]>;
  /** The bytes from `start` to `end`, both included, of the photo of a case. */
  photo(of: Pick<Case, 'no'>, span: { start: number; end: number }): AsyncGenerator<Buffer, void>;
  /** All counts of one kind, by key, in pages. */
  stats(kind: StatKind): AsyncGenerator<CaseCounts, void>;
  /** Recounts all cases and compares with what `stats` answers, while reads and writes continue. CHECK_UNDER_WAY */
  check(): Promise<CaseCheck>;
};

/** A request that announces more is read in pieces. */
const MAY_HOLD_BYTES = 512 * 1024;
const STATS_AT_ONCE = 2_000;

type CasesServiceParts = {
  repository: CasesRepository;
  cameras: CamerasService;
  /** Of photos and records that arrive. */
  budget: BodyBudget;
  repeatS: number;
  /** A staged photo could not be discarded: the database does it by itself when the connection ends. */
  onFault(reason: unknown): void;
};

export function createCasesService(parts: CasesServiceParts): CasesService {
  const { repository, cameras, budget, repeatS, onFault } = parts;
  const accept = createAccept({ cameras, repository, repeatS });

  return {
    receive: (ctx, sender) =>
      budget.spend(
        ctx.req,
        async (account) => {
          const sink = createPhotoSink(account, repository.stage);
          let accepted: Accepted | undefined;
          try {
            accepted = await accept({ ...(await readCaseForm(ctx, sink, account)), sender });
            return accepted;
          } finally {
            const no = sink.stagedNo();
            const isTaken = accepted !== undefined && !accepted.isRepeat;
            if (no !== undefined && !isTaken) repository.discard(no).catch(onFault);
          }
        },
        MAY_HOLD_BYTES,
      ),

    get: repository.get,
    check: repository.recount,

    async list(filter, after, limit) {
      const cases: WholeCase[] = [];
      let place = after;
      for (;;) {
        const page = await repository.list(filter, place, limit - cases.length);
        cases.push(...page.cases);
        if (page.next === null || cases.length >= limit) return { cases, next: page.next };
        place = page.next;
      }
    },

    async history(caseId) {
      const { case: found, later } = await repository.history(caseId);
      const by = found.sentBy ?? found.cameraId;
      return [{ status: 'initiated', at: found.createdAt, by }, ...later];
    },

    async *photo({ no }, { start, end }) {
      const last = Math.floor(end / PHOTO_PIECE_BYTES);
      for (let place = Math.floor(start / PHOTO_PIECE_BYTES); place <= last; place++) {
        const from = place * PHOTO_PIECE_BYTES;
        const piece = await repository.photoPiece(no, place);
        yield piece.subarray(Math.max(0, start - from), end - from + 1);
      }
    },

    async *stats(kind) {
      let last: string | undefined;
      for (;;) {
        const page = await repository.stats(kind, last, STATS_AT_ONCE);
        yield page;
        if (page.length < STATS_AT_ONCE) return;
        last = page.at(-1)?.[0];
      }
    },
  };
}
