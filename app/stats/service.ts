import { type DateNumber, utcToday } from '../calendar.js';
import { createKeptAnswers, inEnvelope, type KeptAnswer, type Wanted } from '../http/kept_answers.js';
import { percentile, roundTo2Places } from './percentiles.js';
import type { StatsRepository, TownAges } from './repository.js';
import type { TownPercentiles } from './schema.js';

/** Some hundred answers about everyday imports, each up to 65 KB. */
const KEPT_ANSWERS_BYTES = 16 * 1024 * 1024;

export type StatsService = {
  /** Presents that each citizen buys, by month. @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number, wanted: Wanted): Promise<KeptAnswer>;
  /** Percentiles of ages on today's date in UTC, towns in order of their names. @throws ServiceError IMPORT_NOT_FOUND */
  townPercentiles(importId: number, wanted: Wanted): Promise<KeptAnswer>;
};

function toPercentiles({ town, ages }: TownAges): TownPercentiles {
  return {
    town,
    p50: roundTo2Places(percentile(ages, 50)),
    p75: roundTo2Places(percentile(ages, 75)),
    p99: roundTo2Places(percentile(ages, 99)),
  };
}

export function createStatsService(repository: StatsRepository, today: () => DateNumber = utcToday): StatsService {
  const answers = createKeptAnswers(KEPT_ANSWERS_BYTES, (importId) => repository.state(importId));
  return {
    birthdays(importId, wanted) {
      return answers.answer(importId, { ...wanted, question: '.birthdays' }, async () => {
        const { version, birthdays } = await repository.birthdays(importId);
        return { version, pieces: inEnvelope(JSON.stringify(birthdays)) };
      });
    },

    townPercentiles(importId, wanted) {
      const day = today();
      return answers.answer(importId, { ...wanted, question: `.percentiles.${day}` }, async () => {
        const { version, towns } = await repository.townAges(importId, day);
        const sorted = towns.sort((a, b) => (a.town < b.town ? -1 : 1));
        return { version, pieces: inEnvelope(JSON.stringify(sorted.map(toPercentiles))) };
      });
    },
  };
}
