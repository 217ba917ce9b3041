import type { Client } from '../../db/client.js';
import { readConsistently, readSomePages } from '../../db/consistent_read.js';
import { decodeArrayHeader, decodeStringBytes } from '../../db/wire/msgpack.js';
import { hasCode, ServiceError } from '../../errors.js';
import type { DataState } from '../../http/answers/etags.js';
import type { StateOf } from '../../http/answers/kept_answers.js';
import type { StatsService, TownTotal } from '../stats/service.js';
import { PROCEDURES } from './procedures.js';
import { createTwoSets } from './two_sets/repository.js';

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

/** A comparison procedure returns one value, null, for imports on two sets, which it cannot compare. */
function isOnTwoSets(values: readonly unknown[]): values is readonly [unknown] {
  return values.length === 1;
}

export type ComparisonReads = { stateOf: StateOf; townTotals: StatsService['townTotals'] };

export function createComparisonRepository(db: Client, { stateOf, townTotals }: ComparisonReads): ComparisonRepository {
  const twoSets = createTwoSets(db);

  async function state(importId: number): Promise<DataState> {
    try {
      return await stateOf(importId);
    } catch (reason) {
      if (!hasCode(reason, 'IMPORT_NOT_FOUND')) throw reason;
      throw new ServiceError('IMPORT_NOT_FOUND', `No import has the id ${importId}.`);
    }
  }

  /** If the first import changed meanwhile, the two states may never have existed at the same time. */
  async function requireUnchanged(beforeId: number, version: number): Promise<void> {
    if ((await state(beforeId)).version !== version) throw keepsChanging();
  }

  async function count(pair: Pair): Promise<{ versions: Versions; counts: Counts }> {
    const counted = await db.call(PROCEDURES.countComparison, [...pair], { deadlineMs: COUNT_DEADLINE_MS });
    if (isOnTwoSets(counted)) {
      const ofTwoSets = await twoSets.count(pair);
      await requireUnchanged(pair[0], ofTwoSets.versions[0]);
      return ofTwoSets;
    }
    const [before, after, [came, went, changed, same]] = counted;
    return { versions: [before, after], counts: { came, went, changed, same } };
  }

  return {
    state,

    compare(pair) {
      return readConsistently(async () => {
        const { versions, counts } = await count(pair);
        // Versions are never reused, so these towns belong to the same state as the counts.
        const before = await townTotals(pair[0], [], versions[0]);
        const after = await townTotals(pair[1], [], versions[1]);
        return { versions, counts, towns: [before.towns, after.towns] };
      });
    },

    towns([beforeId, afterId], { withMedian }) {
      const shares = withMedian ? MEDIAN : [];
      return readConsistently(async () => {
        const before = await townTotals(beforeId, shares, null);
        const after = await townTotals(afterId, shares, null);
        await requireUnchanged(beforeId, before.version);
        return { versions: [before.version, after.version], towns: [before.towns, after.towns] };
      });
    },

    async citizens(pair, kind, { after, limit }) {
      const [beforeId, afterId] = pair;
      const rowsEach = kind === 'changed' ? 2 : 1;
      const pages: Buffer[] = [];
      let left = limit;
      const { version: versions, next } = await readSomePages<number, Versions | undefined>(
        async (place, expected) => {
          const args = [beforeId, afterId, kind, place, left, expected ?? null] as const;
          const page = await db.call(PROCEDURES.comparisonPage, [...args]);
          if (isOnTwoSets(page)) return { version: undefined, next: null };
          const [before, after, next, packed] = page;
          const rows = decodeStringBytes(packed, 0);
          left -= decodeArrayHeader(rows, 0).length / rowsEach;
          pages.push(rows);
          return { version: [before, after], next, isLast: left <= 0 };
        },
        { from: after ?? null, maxCalls: MAX_PAGE_CALLS },
      );
      if (versions === undefined) {
        return readConsistently(async () => {
          const ofTwoSets = await twoSets.citizens(pair, kind, { from: after ?? null, limit });
          await requireUnchanged(beforeId, ofTwoSets.versions[0]);
          return ofTwoSets;
        });
      }
      return { versions, pages, nextAfter: next };
    },
  };
}
