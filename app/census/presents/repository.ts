import type { Client } from '../../db/client.js';
import { type PageEnd, readConsistently, readPages } from '../../db/consistent_read.js';
import type { MadeAnswer } from '../../http/answers/kept_answers.js';
import { createBirthdaysJson } from './birthdays_json.js';
import { PROCEDURES } from './procedures.js';

export type MonthPresents = { month: number; presents: number; givers: number };
type Giver = { citizen_id: number; name: string; town: string; presents: number };

export type PresentsRepository = {
  /** The JSON of the presents by month: `{"1": [...], ...}`. @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number): Promise<MadeAnswer>;
  /** The twelve months; with a town, the presents bought there. @throws ServiceError IMPORT_NOT_FOUND */
  byMonth(importId: number, town: string | undefined): Promise<{ version: number; months: MonthPresents[] }>;
  /**
   * The citizens who buy the most in a year, of one town or of all: the busiest first, equals in order of their ids.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  busiest(
    importId: number,
    town: string | undefined,
    limit: number,
  ): Promise<{ version: number; givers: readonly Giver[] }>;
};

/** 1.5 ms of the TX thread: so many givers, or a quarter of them when the town of each is read. */
const MAX_CALL_COST = 10_000;
const ALL_GIVERS = 2 ** 31;
/** Their 26,000 entries take 1 ms of Node to become JSON, in one piece. */
const PAGE_BLOCKS = 200;
const ALL_BLOCKS = 2 ** 31;
const START = [null, null] as const;
type BlockPlace = readonly [month: number, first: number | null];
type BlocksPage = PageEnd<BlockPlace> & { blocks: Buffer };
const MONTHS = Array.from({ length: 12 }, (_, place) => place + 1);

type Busy = { citizenId: number; presents: number };

/** The busiest of those found and the next givers, a flat list of id and presents. */
function busiestOf(found: readonly Busy[], piece: readonly number[], limit: number): Busy[] {
  const all = [...found];
  for (let at = 0; at < piece.length; at += 2) {
    all.push({ citizenId: piece[at] as number, presents: piece[at + 1] as number });
  }
  return all.sort((a, b) => b.presents - a.presents || a.citizenId - b.citizenId).slice(0, limit);
}

export function createPresentsRepository(db: Client): PresentsRepository {
  async function ofWhole(importId: number) {
    const [version, flat] = await db.call(PROCEDURES.presentsByMonth, [importId]);
    const months = MONTHS.map((month) => ({ month, presents: 0, givers: 0 }));
    for (let at = 0; at < flat.length; at += 3) {
      const month = flat[at] as number;
      months[month - 1] = { month, presents: flat[at + 1] as number, givers: flat[at + 2] as number };
    }
    return { version, months };
  }

  function ofTown(importId: number, town: string) {
    return readConsistently(async (inSingleCall) => {
      const maxCost = inSingleCall ? ALL_GIVERS : MAX_CALL_COST;
      const sums = new Array<number>(2 * MONTHS.length).fill(0);
      const { version } = await readPages<number>(async (after, expected) => {
        const args = [importId, town, after, maxCost, expected] as const;
        const [itsVersion, next, counts] = await db.call(PROCEDURES.presentsByMonthOfTown, [...args]);
        counts.forEach((count, place) => {
          sums[place] = (sums[place] as number) + count;
        });
        return { version: itsVersion, next };
      });
      const months = MONTHS.map((month) => {
        return { month, presents: sums[2 * month - 2] as number, givers: sums[2 * month - 1] as number };
      });
      return { version, months };
    });
  }

  async function named(importId: number, busiest: readonly Busy[], version: number): Promise<Giver[]> {
    const ids = busiest.map(({ citizenId }) => citizenId);
    const [names] = await db.call(PROCEDURES.citizenNames, [importId, ids, version]);
    return busiest.map(({ citizenId, presents }, place) => {
      const [name, town] = [names[2 * place] as string, names[2 * place + 1] as string];
      return { citizen_id: citizenId, name, town, presents };
    });
  }

  return {
    byMonth: (importId, town) => (town === undefined ? ofWhole(importId) : ofTown(importId, town)),

    busiest(importId, town, limit) {
      return readConsistently(async (inSingleCall) => {
        const maxCost = inSingleCall ? ALL_GIVERS : MAX_CALL_COST;
        let found: Busy[] = [];
        const { version } = await readPages<number>(async (after, expected) => {
          // Pages come in order of ids, so a later giver with as many presents as the last one found ranks after it.
          const moreThan = found[limit - 1]?.presents ?? 0;
          const args = [importId, town ?? null, after, limit, moreThan, maxCost, expected] as const;
          const [itsVersion, next, givers] = await db.call(PROCEDURES.busiestGivers, [...args]);
          found = busiestOf(found, givers, limit);
          return { version: itsVersion, next };
        });
        return { version, givers: await named(importId, found, version) };
      });
    },

    birthdays(importId) {
      return readConsistently(async (inSingleCall) => {
        const pageBlocks = inSingleCall ? ALL_BLOCKS : PAGE_BLOCKS;
        const json = createBirthdaysJson();
        const pieces: Buffer[] = [];
        const { version } = await readPages<BlockPlace, BlocksPage>(
          async (place, expected) => {
            const args = [importId, ...(place ?? START), pageBlocks, expected] as const;
            const [itsVersion, month, first, blocks] = await db.call(PROCEDURES.presentsPage, [...args]);
            return { version: itsVersion, next: month === null ? null : [month, first], blocks };
          },
          { take: ({ blocks }) => pieces.push(json.add(blocks)) },
        );
        return { version, pieces: [...pieces, json.finish()] };
      });
    },
  };
}
