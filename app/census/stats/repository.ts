import type { DateNumber } from '../../calendar.js';
import type { Client } from '../../db/client.js';
import { ofOneState } from '../../db/one_state.js';
import type { MadeAnswer } from '../../http/answers/kept_answers.js';
import { createPresentsJson } from './presents_json.js';
import { PROCEDURES } from './procedures.js';

/** 13,000 entries are 8 ms of our own time: a page of presents is made JSON of in one go. */
const PRESENTS_PAGE_BLOCKS = 100;
/** Up to 1.5 ms of the TX thread, when they are of 500 towns. */
const BIRTHS_PAGE_BLOCKS = 4000;
/** Up to 1.7 ms of the TX thread, which looks at each of their counts. */
const AGES_PAGE_BLOCKS = 1500;
const ALL_BLOCKS = 2 ** 31;
/** In the place of a town (tarantool/census/stats/counts.lua). */
const WHOLE_IMPORT = '';

/** `pairs`: for each percent the birth dates of the two between whom it falls, the younger first. */
export type TownRanks = { town: string; citizens: number; pairs: (readonly [DateNumber, DateNumber])[] };

/** `dates`: two for each share, the younger first. */
export type TownTotal = { town: string; citizens: number; dates: readonly DateNumber[] };
export type TownTotals = { version: number; towns: TownTotal[] };

/** `town`: only this one. `groupBy`: what is not grouped by town is not told by town. */
export type WantedAges = { asOf: DateNumber; town?: string; groupBy: readonly string[] };

export type StatsRepository = {
  /**
   * Towns with what birthRanks tells of them: for each share two dates. In pieces of which others wait for none.
   * @throws ServiceError IMPORT_KEEPS_CHANGING when the version is not, or does not stay, the expected one
   */
  townTotals(importId: number, shares: readonly number[], expectedVersion: number | null): Promise<TownTotals>;
  /** The JSON of the presents by month. @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number): Promise<MadeAnswer>;
  /**
   * Ages on a day by town, of one town, or of the whole import under a town of no name where towns do not matter. Who is
   * not born yet on the day is left out. `pages`: as groupAges takes them. `version`: of the import.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  ages(importId: number, wanted: WantedAges): Promise<{ version: number; pages: Buffer[] }>;
  /** `version` is that of the import when it was read. In no order. @throws ServiceError IMPORT_NOT_FOUND */
  townRanks(importId: number, percents: readonly number[]): Promise<{ version: number; towns: TownRanks[] }>;
};

/** The flat answer of birthRanks: town, citizens, two dates for each percent, and so on. */
function addTownRanks(towns: TownRanks[], flat: readonly (string | number)[], percentCount: number): void {
  for (let at = 0; at < flat.length; at += 2 + 2 * percentCount) {
    const dates = flat.slice(at + 2, at + 2 + 2 * percentCount) as number[];
    const pairs = Array.from({ length: percentCount }, (_, place) => {
      return [dates[2 * place] as number, dates[2 * place + 1] as number] as const;
    });
    towns.push({ town: flat[at] as string, citizens: flat[at + 1] as number, pairs });
  }
}

export function createStatsRepository(db: Client): StatsRepository {
  return {
    birthdays(importId) {
      return ofOneState(async (inOneCall) => {
        const pageBlocks = inOneCall ? ALL_BLOCKS : PRESENTS_PAGE_BLOCKS;
        const json = createPresentsJson();
        const pieces: Buffer[] = [];
        let version: number | null = null;
        let month: number | null = null;
        let first: number | null = null;
        do {
          const args = [importId, month, first, pageBlocks, version] as const;
          const page: [number, number | null, number | null, Buffer] = await db.call(PROCEDURES.presents, [...args]);
          [version, month, first] = page;
          pieces.push(json.add(page[3]));
        } while (month !== null);
        return { version, pieces: [...pieces, json.finish()] };
      });
    },

    ages(importId, { asOf, town, groupBy }) {
      const only = town ?? (groupBy.includes('town') ? null : WHOLE_IMPORT);
      return ofOneState(async (inOneCall) => {
        const pageBlocks = inOneCall ? ALL_BLOCKS : AGES_PAGE_BLOCKS;
        const pages: Buffer[] = [];
        let version: number | null = null;
        let after: string | null = null;
        let first: number | null = null;
        do {
          const args = [importId, asOf, only, after, first, pageBlocks, version] as const;
          const page: [number, string | null, number | null, Buffer] = await db.call(PROCEDURES.ages, [...args]);
          [version, after, first] = page;
          pages.push(page[3]);
        } while (after !== null);
        return { version, pages };
      });
    },

    async townTotals(importId, shares, expectedVersion) {
      const towns: TownTotal[] = [];
      let version = expectedVersion;
      let town: string | null = null;
      do {
        const args = [importId, town, BIRTHS_PAGE_BLOCKS, version, shares] as const;
        const page: [number, string | null, (string | number)[]] = await db.call(PROCEDURES.birthRanks, [...args]);
        const [, , flat] = page;
        [version, town] = page;
        for (let at = 0; at < flat.length; at += 2 + 2 * shares.length) {
          const dates = flat.slice(at + 2, at + 2 + 2 * shares.length) as number[];
          towns.push({ town: flat[at] as string, citizens: flat[at + 1] as number, dates });
        }
      } while (town !== null);
      return { version: version as number, towns };
    },

    townRanks(importId, percents) {
      const shares = percents.map((percent) => percent / 100);
      return ofOneState(async (inOneCall) => {
        const pageBlocks = inOneCall ? ALL_BLOCKS : BIRTHS_PAGE_BLOCKS;
        const towns: TownRanks[] = [];
        let version: number | null = null;
        let town: string | null = null;
        do {
          const args = [importId, town, pageBlocks, version, shares] as const;
          const page: [number, string | null, (string | number)[]] = await db.call(PROCEDURES.birthRanks, [...args]);
          [version, town] = page;
          addTownRanks(towns, page[2], shares.length);
        } while (town !== null);
        return { version, towns };
      });
    },
  };
}
