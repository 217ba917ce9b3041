import type { DateNumber } from '../calendar.js';
import type { Client } from '../db/client.js';
import { PROCEDURES } from '../db/procedures.js';
import type { AgeCount } from './percentiles.js';
import { type Birthdays, MONTHS, type Presents } from './schema.js';

export type StatsRepository = {
  /** @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number): Promise<Birthdays>;
  /** Ages in order, by town; the towns in no order. @throws ServiceError IMPORT_NOT_FOUND */
  townAges(importId: number, today: DateNumber): Promise<{ town: string; ages: AgeCount[] }[]>;
};

/** [a, b, c, d] -> [make(a, b), make(c, d)]. */
function pairs<Result>(flat: readonly number[], make: (first: number, second: number) => Result): Result[] {
  const made: Result[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) made.push(make(flat[i] as number, flat[i + 1] as number));
  return made;
}

export function createStatsRepository(db: Client): StatsRepository {
  return {
    async birthdays(importId) {
      const [months] = await db.call(PROCEDURES.presents, [importId]);
      const toPresents = (citizen_id: number, presents: number): Presents => ({ citizen_id, presents });
      return Object.fromEntries(
        MONTHS.map((month, place) => [month, pairs(months[place] ?? [], toPresents)]),
      ) as Birthdays;
    },

    async townAges(importId, today) {
      const [towns] = await db.call(PROCEDURES.townAges, [importId, today]);
      return towns.map(([town, ages]) => ({
        town,
        ages: pairs(ages, (age, citizens) => ({ age, citizens })).sort((a, b) => a.age - b.age),
      }));
    },
  };
}
