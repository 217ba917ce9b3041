import type { Client } from '../../db/client.js';
import { readConsistently, readSomePages } from '../../db/consistent_read.js';
import { decodeArrayHeader, decodeStringBytes } from '../../db/wire/msgpack.js';
import { hasCode, ServiceError } from '../../errors.js';
import type { DataState } from '../../http/answers/etags.js';
import type { StateOf } from '../../http/answers/kept_answers.js';
import type { StatsService, TownTotal } from '../stats/service.js';
import { PROCEDURES } from './procedures.js';

/** Two imports by their ids: what was, and what is compared with it. */
export type Pair = readonly [beforeId: number, afterId: number];
/** Of the two imports. */
type Versions = readonly [before: number, after: number];
export type ComparedKind = 'came' | 'went' | 'changed';
type Counts = { came: number; went: number; changed: number; same: number };
/** `dates`: of the two between whom the median age falls, when it was asked for. */
export type TownsOfBoth = readonly [before: readonly TownTotal[], after: readonly TownTotal[]];

/** `pages`: arrays of tuples as MessagePack; of those who changed, each as it was and as it is. */
type ComparedRows = { versions: Versions; pages: Buffer[]; nextAfter: number | null };

export type ComparisonRepository = {
  /** What tells this state of the import from every other. @throws ServiceError IMPORT_NOT_FOUND, which says whose id */
  state(importId: number): Promise<DataState>;
  /** How many came, went, changed and stayed the same, and the towns of both, all of one moment. */
  compare(pair: Pair): Promise<{ versions: Versions; counts: Counts; towns: TownsOfBoth }>;
  /** The towns alone. */
  towns(pair: Pair, options: { withMedian: boolean }): Promise<{ versions: Versions; towns: TownsOfBoth }>;
  /**
   * Citizens of one kind, in order of citizen_id, as of one moment: fewer than `limit` when one of the imports changes
   * meanwhile, or many had to be passed over. `nextAfter`: null at the end.
   */
  citizens(pair: Pair, kind: ComparedKind, range: { after?: number | undefined; limit: number }): Promise<ComparedRows>;
};

/** 10 million citizens of each take 4 s, in pieces. */
const COUNT_DEADLINE_MS = 60_000;
/** 400,000 steps: 0.15 s, of which each call takes 1.5 ms of the TX thread. */
const MAX_PAGE_CALLS = 100;
const MEDIAN = [0.5];

function keepsChanging(): ServiceError {
  return new ServiceError('IMPORT_KEEPS_CHANGING', 'An import changed while the two were compared; please try again.');
}

export type ComparisonReads = { stateOf: StateOf; townTotals: StatsService['townTotals'] };

export function createComparisonRepository(db: Client, { stateOf, townTotals }: ComparisonReads): ComparisonRepository {
  async function state(importId: number): Promise<DataState> {
    try {
      return await stateOf(importId);
    } catch (reason) {
      if (!hasCode(reason, 'IMPORT_NOT_FOUND')) throw reason;
      throw new ServiceError('IMPORT_NOT_FOUND', `No import has the id ${importId}.`);
    }
  }

  return {
    state,

    compare([beforeId, afterId]) {
      return readConsistently(async () => {
        const options = { deadlineMs: COUNT_DEADLINE_MS };
        const counted = await db.call(PROCEDURES.countComparison, [beforeId, afterId], options);
        const [beforeVersion, afterVersion, [came, went, changed, same]] = counted;
        // No version is given twice, so these towns are those of the moment of the counts.
        const before = await townTotals(beforeId, [], beforeVersion);
        const after = await townTotals(afterId, [], afterVersion);
        const counts = { came, went, changed, same };
        return { versions: [beforeVersion, afterVersion], counts, towns: [before.towns, after.towns] };
      });
    },

    towns([beforeId, afterId], { withMedian }) {
      const shares = withMedian ? MEDIAN : [];
      return readConsistently(async () => {
        const before = await townTotals(beforeId, shares, null);
        const after = await townTotals(afterId, shares, null);
        // Else there may have been no moment at which both were so.
        if ((await state(beforeId)).version !== before.version) throw keepsChanging();
        return { versions: [before.version, after.version], towns: [before.towns, after.towns] };
      });
    },

    async citizens([beforeId, afterId], kind, { after, limit }) {
      const rowsEach = kind === 'changed' ? 2 : 1;
      const pages: Buffer[] = [];
      let left = limit;
      const { version: versions, next } = await readSomePages<number, Versions>(
        async (place, expected) => {
          const args = [beforeId, afterId, kind, place, left, expected] as const;
          const [before, after, next, packed] = await db.call(PROCEDURES.comparisonPage, [...args]);
          const rows = decodeStringBytes(packed, 0);
          left -= decodeArrayHeader(rows, 0).length / rowsEach;
          pages.push(rows);
          return { version: [before, after], next, isLast: left <= 0 };
        },
        { from: after ?? null, maxCalls: MAX_PAGE_CALLS },
      );
      return { versions, pages, nextAfter: next };
    },
  };
}
