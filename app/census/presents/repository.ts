import type { Client } from '../../db/client.js';
import { ofOneState } from '../../db/one_state.js';
import { PROCEDURES } from './procedures.js';

export type MonthPresents = { month: number; presents: number; givers: number };
export type Giver = { citizen_id: number; name: string; town: string; presents: number };

export type PresentsRepository = {
  /** The twelve months; with a town, the presents that are bought there. @throws ServiceError IMPORT_NOT_FOUND */
  byMonth(importId: number, town: string | undefined): Promise<{ version: number; months: MonthPresents[] }>;
  /**
   * Those who buy the most in a year, of one town or of all, the busiest first, among the same in order of their ids.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  busiest(
    importId: number,
    town: string | undefined,
    limit: number,
  ): Promise<{ version: number; givers: readonly Giver[] }>;
};

/** 1.5 ms of the TX thread: so many givers, or a quarter of them where each one's town is looked at. */
const COST_A_CALL = 10_000;
const ALL_GIVERS = 2 ** 31;
const MONTHS = Array.from({ length: 12 }, (_, place) => place + 1);

type Busy = { citizenId: number; presents: number };

/** Adds a piece of givers behind those found; the busiest of both. */
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
    return ofOneState(async (inOneCall) => {
      const cost = inOneCall ? ALL_GIVERS : COST_A_CALL;
      const sums = new Array<number>(2 * MONTHS.length).fill(0);
      let version: number | null = null;
      let after: number | null = null;
      do {
        const args = [importId, town, after, cost, version] as const;
        const piece: [number, number | null, number[]] = await db.call(PROCEDURES.presentsByMonthOfTown, [...args]);
        [version, after] = piece;
        piece[2].forEach((count, place) => {
          sums[place] = (sums[place] as number) + count;
        });
      } while (after !== null);
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
      return ofOneState(async (inOneCall) => {
        const cost = inOneCall ? ALL_GIVERS : COST_A_CALL;
        let found: Busy[] = [];
        let version: number | null = null;
        let after: number | null = null;
        do {
          // Pieces come in order of ids: of those who buy as much as the last one found, later ones are behind it.
          const moreThan = found[limit - 1]?.presents ?? 0;
          const args = [importId, town ?? null, after, limit, moreThan, cost, version] as const;
          const piece: [number, number | null, number[]] = await db.call(PROCEDURES.busiestGivers, [...args]);
          [version, after] = piece;
          found = busiestOf(found, piece[2], limit);
        } while (after !== null);
        return { version, givers: await named(importId, found, version) };
      });
    },
  };
}
