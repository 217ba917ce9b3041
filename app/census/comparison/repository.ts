import type { Client } from '../../db/client.js';
import { readConsistently, readSomePages } from '../../db/consistent_read.js';
import { decodeArrayHeader, decodeStringBytes } from '../../db/wire/msgpack.js';
import { hasCode, ServiceError } from '../../errors.js';
import type { DataState } from '../../http/answers/etags.js';
import type { StateOf } from '../../http/answers/kept_answers.js';
import type { StatsService, TownTotal } from '../stats/service.js';
import { PROCEDURES } from './procedures.js';

/** The ids of the earlier import and of the one compared with it. */
export type Pair = readonly [beforeId: number, afterId: number];
/** Versions of the two imports. */
type Versions = readonly [before: number, after: number];
export type ComparedKind = 'came' | 'went' | 'changed';
type Counts = { came: number; went: number; changed: number; same: number };
/** `dates`: the two birth dates on either side of the median age, if it was requested. */
export type TownsOfBoth = readonly [before: readonly TownTotal[], after: readonly TownTotal[]];

/** `pages`: MessagePack arrays of tuples; a changed citizen has two tuples, before and after. */
type ComparedRows = { versions: Versions; pages: Buffer[]; nextAfter: number | null };

export type ComparisonRepository = {
  /** Identifies the import's current state. @throws ServiceError IMPORT_NOT_FOUND, whose detail names the import */
  state(importId: number): Promise<DataState>;
  /** The counts of added, removed, changed and equal citizens, and the towns of both imports, read consistently. */
  compare(pair: Pair): Promise<{ versions: Versions; counts: Counts; towns: TownsOfBoth }>;
  /** Only the towns. */
  towns(pair: Pair, options: { withMedian: boolean }): Promise<{ versions: Versions; towns: TownsOfBoth }>;
  /**
   * Citizens of one kind in order of citizen_id, read consistently. Returns fewer than `limit` if an import changes
   * during the read or if many citizens had to be skipped. `nextAfter`: null at the end.
   */
  citizens(pair: Pair, kind: ComparedKind, range: { after?: number | undefined; limit: number }): Promise<ComparedRows>;
};

/** Comparing 10 million citizens with 10 million takes 4 s, in pieces. */
const COUNT_DEADLINE_MS = 60_000;
/** 400,000 steps take 0.15 s in all; each call uses 1.5 ms of the TX thread. */
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
        // Versions are never reused, so these towns belong to the same state as the counts.
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
        // If the first import changed meanwhile, the two states may never have existed at the same time.
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
