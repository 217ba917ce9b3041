import { type DateNumber, utcToday } from '../calendar.js';
import { percentile, roundTo2Places } from './percentiles.js';
import type { StatsRepository } from './repository.js';
import type { Birthdays, TownPercentiles } from './schema.js';

export type StatsService = {
  /** Presents that each citizen buys, by month. @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number): Promise<Birthdays>;
  /** Percentiles of ages on today's date in UTC, towns in order of their names. @throws ServiceError IMPORT_NOT_FOUND */
  townPercentiles(importId: number): Promise<TownPercentiles[]>;
};

export function createStatsService(repository: StatsRepository, today: () => DateNumber = utcToday): StatsService {
  return {
    birthdays: (importId) => repository.birthdays(importId),

    async townPercentiles(importId) {
      const towns = await repository.townAges(importId, today());
      return towns
        .sort((a, b) => (a.town < b.town ? -1 : 1))
        .map(({ town, ages }) => ({
          town,
          p50: roundTo2Places(percentile(ages, 50)),
          p75: roundTo2Places(percentile(ages, 75)),
          p99: roundTo2Places(percentile(ages, 99)),
        }));
    },
  };
}
