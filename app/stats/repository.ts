import type { DateNumber } from '../calendar.js';
import type { Client } from '../db/client.js';
import { PROCEDURES } from '../db/procedures.js';
import type { ImportState } from '../http/etags.js';
import type { AgeCount } from './percentiles.js';
import { type Birthdays, MONTHS, type Presents } from './schema.js';

export type TownAges = { town: string; ages: AgeCount[] };

export type StatsRepository = {
  /** What tells this state of the import from every other. @throws ServiceError IMPORT_NOT_FOUND */
  state(importId: number): Promise<ImportState>;
  /** `version` is that of the import when it was read, here and below. @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number): Promise<{ version: number; birthdays: Birthdays }>;
  /** Ages in order, by town; the towns in no order. @throws ServiceError IMPORT_NOT_FOUND */
  townAges(importId: number, today: DateNumber): Promise<{ version: number; towns: TownAges[] }>;
};

/** [a, b, c, d] -> [make(a, b), make(c, d)]. */
function pairs<Result>(flat: readonly number[], make: (first: number, second: number) => Result): Result[] {
  const made: Result[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) made.push(make(flat[i] as number, flat[i + 1] as number));
  return made;
}

export function createStatsRepository(db: Client): StatsRepository {
  return {
    async state(importId) {
      const [version, createdAt] = await db.call(PROCEDURES.importState, [importId]);
      return { version, createdAt };
    },

    async birthdays(importId) {
      const [version, months] = await db.call(PROCEDURES.presents, [importId]);
      const toPresents = (citizen_id: number, presents: number): Presents => ({ citizen_id, presents });
      const lists = MONTHS.map((month, place) => [month, pairs(months[place] ?? [], toPresents)]);
      return { version, birthdays: Object.fromEntries(lists) as Birthdays };
    },

    async townAges(importId, today) {
      const [version, towns] = await db.call(PROCEDURES.townAges, [importId, today]);
      const toTownAges = ([town, ages]: [string, number[]]): TownAges => ({
        town,
        ages: pairs(ages, (age, citizens) => ({ age, citizens })).sort((a, b) => a.age - b.age),
      });
      return { version, towns: towns.map(toTownAges) };
    },
  };
}
