import { type DateNumber, fullYears, utcToday } from '../calendar.js';
import { createKeptAnswers, inEnvelope, type KeptAnswer, type Wanted } from '../http/kept_answers.js';
import { percentile, roundTo2Places } from './percentiles.js';
import type { StatsRepository, TownRanks } from './repository.js';
import type { TownPercentiles } from './schema.js';

export { percentile, roundTo2Places } from './percentiles.js';

/** Some hundred answers about everyday imports, each up to 65 KB. */
const KEPT_ANSWERS_BYTES = 16 * 1024 * 1024;

export type StatsService = {
  /** Presents that each citizen buys, by month. @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number, wanted: Wanted): Promise<KeptAnswer>;
  /** Percentiles of ages on today's date in UTC, towns in order of their names. @throws ServiceError IMPORT_NOT_FOUND */
  townPercentiles(importId: number, wanted: Wanted): Promise<KeptAnswer>;
};

const PERCENTS = [50, 75, 99] as const;

function toPercentiles({ town, citizens, pairs }: TownRanks, day: DateNumber): TownPercentiles {
  const [p50, p75, p99] = PERCENTS.map((percent, place) => {
    const [younger, older] = pairs[place] as readonly [DateNumber, DateNumber];
    return roundTo2Places(percentile(citizens, percent, fullYears(younger, day), fullYears(older, day)));
  }) as [number, number, number];
  return { town, p50, p75, p99 };
}

export function createStatsService(repository: StatsRepository, today: () => DateNumber = utcToday): StatsService {
  const answers = createKeptAnswers(KEPT_ANSWERS_BYTES, (importId) => repository.state(importId));
  return {
    birthdays(importId, wanted) {
      return answers.answer(importId, { ...wanted, question: '.birthdays' }, async () => {
        const { version, pieces } = await repository.birthdays(importId);
        return { version, pieces: inEnvelope(pieces) };
      });
    },

    townPercentiles(importId, wanted) {
      const day = today();
      return answers.answer(importId, { ...wanted, question: `.percentiles.${day}` }, async () => {
        const { version, towns } = await repository.townRanks(importId, PERCENTS);
        const sorted = towns.sort((a, b) => (a.town < b.town ? -1 : 1));
        const answer = JSON.stringify(sorted.map((town) => toPercentiles(town, day)));
        return { version, pieces: inEnvelope([Buffer.from(answer)]) };
      });
    },
  };
}
