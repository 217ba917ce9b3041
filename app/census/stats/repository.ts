import type { DateNumber } from '../../calendar.js';
import type { Client } from '../../db/client.js';
import { readConsistently, readPages } from '../../db/consistent_read.js';
import { PROCEDURES } from './procedures.js';

/** Up to 1.5 ms of the TX thread, if they belong to 500 towns. */
const BIRTHS_PAGE_BLOCKS = 4000;
/** Up to 1.7 ms of the TX thread, which visits each count in them. */
const AGES_PAGE_BLOCKS = 1500;
const ALL_BLOCKS = 2 ** 31;
/** The town name that stands for the whole import (tarantool/census/stats/counts.lua). */
const WHOLE_IMPORT = '';

/** `pairs`: for each percent the two birth dates on either side of it, the younger citizen's first. */
export type TownRanks = { town: string; citizens: number; pairs: (readonly [DateNumber, DateNumber])[] };

/** `dates`: two per share, the younger citizen's first. */
export type TownTotal = { town: string; citizens: number; dates: readonly DateNumber[] };
type TownTotals = { version: number; towns: TownTotal[] };

/** `town`: only this town. `groupBy`: unless it includes the town, ages are not split by town. */
type WantedAges = { asOf: DateNumber; town?: string; groupBy: readonly string[] };

export type StatsRepository = {
  /**
   * Towns with the results of birthRanks: two dates per share. Read in pieces between which other requests run.
   * @throws ServiceError IMPORT_KEEPS_CHANGING when the import's version is or becomes other than the expected one
   */
  townTotals(importId: number, shares: readonly number[], expectedVersion: number | null): Promise<TownTotals>;
  /**
   * Ages on a day: by town, of one town, or of the whole import under an empty town name if towns are not needed.
   * Citizens born after the day are left out. `pages`: as groupAges takes them. `version`: of the import.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  ages(importId: number, wanted: WantedAges): Promise<{ version: number; pages: Buffer[] }>;
  /** `version`: of the import when it was read. Unordered. @throws ServiceError IMPORT_NOT_FOUND */
  townRanks(importId: number, percents: readonly number[]): Promise<{ version: number; towns: TownRanks[] }>;
};

/** The last town of a page and its last block. */
type AgesPlace = readonly [town: string, first: number | null];
const START = [null, null] as const;

function toTownRanks({ town, citizens, dates }: TownTotal): TownRanks {
  const pairs = Array.from({ length: dates.length / 2 }, (_, place) => {
    return [dates[2 * place] as number, dates[2 * place + 1] as number] as const;
  });
  return { town, citizens, pairs };
}

export function createStatsRepository(db: Client): StatsRepository {
  async function readTowns(
    importId: number,
    shares: readonly number[],
    { version, pageBlocks }: { version: number | null; pageBlocks: number },
  ): Promise<TownTotals> {
    const towns: TownTotal[] = [];
    const end = await readPages<string>(
      async (town, expected) => {
        const args = [importId, town, pageBlocks, expected, shares] as const;
        const [itsVersion, next, flat] = await db.call(PROCEDURES.birthRanks, [...args]);
        for (let at = 0; at < flat.length; at += 2 + 2 * shares.length) {
          const dates = flat.slice(at + 2, at + 2 + 2 * shares.length) as number[];
          towns.push({ town: flat[at] as string, citizens: flat[at + 1] as number, dates });
        }
        return { version: itsVersion, next };
      },
      { version },
    );
    return { version: end.version, towns };
  }

  return {
    ages(importId, { asOf, town, groupBy }) {
      const only = town ?? (groupBy.includes('town') ? null : WHOLE_IMPORT);
      return readConsistently(async (inSingleCall) => {
        const pageBlocks = inSingleCall ? ALL_BLOCKS : AGES_PAGE_BLOCKS;
        const pages: Buffer[] = [];
        const { version } = await readPages<AgesPlace>(async (place, expected) => {
          const args = [importId, asOf, only, ...(place ?? START), pageBlocks, expected] as const;
          const [itsVersion, nextTown, nextFirst, page] = await db.call(PROCEDURES.ages, [...args]);
          pages.push(page);
          return { version: itsVersion, next: nextTown === null ? null : [nextTown, nextFirst] };
        });
        return { version, pages };
      });
    },

    townTotals: (importId, shares, expectedVersion) =>
      readTowns(importId, shares, { version: expectedVersion, pageBlocks: BIRTHS_PAGE_BLOCKS }),

    townRanks(importId, percents) {
      const shares = percents.map((percent) => percent / 100);
      return readConsistently(async (inSingleCall) => {
        const pageBlocks = inSingleCall ? ALL_BLOCKS : BIRTHS_PAGE_BLOCKS;
        const { version, towns } = await readTowns(importId, shares, { version: null, pageBlocks });
        return { version, towns: towns.map(toTownRanks) };
      });
    },
  };
}
