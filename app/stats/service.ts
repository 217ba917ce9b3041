import { type DateNumber, fullYears, utcToday } from '../calendar.js';
import { hasCode, ServiceError } from '../errors.js';
import { type FlatRows, rowsQuestion, type WantedRows, writeRows } from '../http/flat_rows.js';
import { createKeptAnswers, inEnvelope, type KeptAnswer, type KeptUse, type Wanted } from '../http/kept_answers.js';
import type { Query } from '../http/query.js';
import { percentile, roundTo2Places } from './percentiles.js';
import type { StatsRepository, TownRanks } from './repository.js';
import {
  parseAgesQuery,
  parsePercentilesQuery,
  parseStatsOfManyQuery,
  parseStatsQuery,
  type StatsQuery,
} from './stats_query.js';
import { computeRows } from './stats_rows.js';

export { percentile, roundTo2Places } from './percentiles.js';

/** Some hundred answers about everyday imports, each up to 65 KB. */
const KEPT_ANSWERS_BYTES = 16 * 1024 * 1024;
/** Values and operations of an answer: 0.2 s of our own time, in turns. Not of percentiles, which are asked of any import. */
const MOST_WEIGHT = 1_000_000;

export type StatsService = {
  /** Presents that each citizen buys, by month. @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number, wanted: Wanted): Promise<KeptAnswer>;
  /**
   * Percentiles of ages by town, and by gender if asked, in order of their names. On today's date in UTC if no other is
   * asked for. @throws ServiceError IMPORT_NOT_FOUND, INVALID_INPUT
   */
  percentiles(importId: number, query: Query, wanted: WantedRows): Promise<KeptAnswer>;
  /** How many citizens are of each age. @throws ServiceError IMPORT_NOT_FOUND, INVALID_INPUT */
  ages(importId: number, query: Query, wanted: WantedRows): Promise<KeptAnswer>;
  /** What is asked for, of the groups that are asked for. @throws ServiceError IMPORT_NOT_FOUND, INVALID_INPUT */
  stats(importId: number, query: Query, wanted: WantedRows): Promise<KeptAnswer>;
  /** The same of several imports together. @throws ServiceError IMPORT_NOT_FOUND with pointers, INVALID_INPUT */
  statsOfMany(query: Query, wanted: WantedRows): Promise<KeptAnswer>;
  /** How the answers that are kept are used. */
  keptUse(): KeptUse;
};

function toRow({ town, citizens, pairs }: TownRanks, percents: readonly number[], day: DateNumber) {
  const values = percents.map((percent, place) => {
    const [younger, older] = pairs[place] as readonly [DateNumber, DateNumber];
    return roundTo2Places(percentile(citizens, percent, fullYears(younger, day), fullYears(older, day)));
  });
  return [town, ...values] as const;
}

function tooMuch(): ServiceError {
  const detail = `its values and operations, over all rows, must be ${MOST_WEIGHT} at most`;
  return new ServiceError('INVALID_INPUT', 'This is too much to compute. Ask for fewer groups or metrics.', {
    violations: [{ pointer: '/query/metrics', code: 'TOO_COMPLEX', detail }],
  });
}

export function createStatsService(repository: StatsRepository, today: () => DateNumber = utcToday): StatsService {
  const answers = createKeptAnswers(KEPT_ANSWERS_BYTES, (importId) => repository.state(importId));

  async function read(query: StatsQuery, importIds: readonly number[]) {
    const read = await Promise.all(importIds.map((importId) => repository.ages(importId, query)));
    return {
      versions: read.map(({ version }) => version),
      imports: read.map(({ towns }, place) => ({ importId: importIds[place] as number, towns })),
    };
  }

  /** Of citizens who are all born on the day, the quick way: without a look at their ages. */
  async function ranked(importId: number, percents: readonly number[], day: DateNumber) {
    const { version, towns } = await repository.townRanks(importId, percents);
    const sorted = towns.sort((a, b) => (a.town < b.town ? -1 : 1));
    const columns = ['town', ...percents.map((percent) => `p${percent}`)];
    return { version, flat: { columns, rows: sorted.map((town) => toRow(town, percents, day)) } };
  }

  async function computed(importId: number, query: StatsQuery, mostWeight: number) {
    const { versions, imports } = await read(query, [importId]);
    const flat = await computeRows(query, imports, mostWeight);
    if (flat === undefined) throw tooMuch();
    return { version: versions[0] as number, flat };
  }

  function answerRows(
    importId: number,
    [kind, asked]: readonly [kind: string, asked: unknown],
    wanted: WantedRows,
    make: () => Promise<{ version: number; flat: FlatRows }>,
  ): Promise<KeptAnswer> {
    const { format } = wanted;
    return answers.answer(importId, { ...wanted, question: rowsQuestion(format, kind, asked) }, async () => {
      const { version, flat } = await make();
      return { version, pieces: writeRows(format, flat) };
    });
  }

  /** Which of several imports are not there. */
  async function notFound(importIds: readonly number[]): Promise<ServiceError> {
    const states = await Promise.allSettled(importIds.map((importId) => repository.state(importId)));
    const violations = states.flatMap((state, place) =>
      state.status === 'rejected' && hasCode(state.reason, 'IMPORT_NOT_FOUND')
        ? [
            {
              pointer: `/query/imports/${place}`,
              code: 'UNKNOWN_IMPORT',
              detail: `no import has the id ${importIds[place]}`,
            },
          ]
        : [],
    );
    return new ServiceError('IMPORT_NOT_FOUND', 'Some of these imports are not there.', { violations });
  }

  return {
    keptUse: answers.use,

    birthdays(importId, wanted) {
      return answers.answer(importId, { ...wanted, question: '.birthdays' }, async () => {
        const { version, pieces } = await repository.birthdays(importId);
        return { version, pieces: inEnvelope(pieces) };
      });
    },

    async percentiles(importId, query, wanted) {
      const day = today();
      const asked = parsePercentilesQuery(query, day);
      // Citizens are born before the day on which they are stored: on that day and later all of them count.
      const isOfAll = asked.town === undefined && asked.groupBy.length === 1 && asked.asOf >= day;
      return answerRows(importId, ['percentiles', asked.asked], wanted, () =>
        isOfAll ? ranked(importId, asked.percents, asked.asOf) : computed(importId, asked, Number.POSITIVE_INFINITY),
      );
    },

    async ages(importId, query, wanted) {
      const asked = parseAgesQuery(query, today());
      return answerRows(importId, ['ages', asked.asked], wanted, () =>
        computed(importId, asked, Number.POSITIVE_INFINITY),
      );
    },

    async stats(importId, query, wanted) {
      const asked = await parseStatsQuery(query, today());
      return answerRows(importId, ['stats', asked.asked], wanted, () => computed(importId, asked, MOST_WEIGHT));
    },

    async statsOfMany(query, wanted) {
      const { importIds, ...asked } = await parseStatsOfManyQuery(query, today());
      const question = rowsQuestion(wanted.format, 'stats', asked.asked);
      try {
        return await answers.answerOfMany(importIds, { ...wanted, question }, async () => {
          const { versions, imports } = await read(asked, importIds);
          const flat = await computeRows(asked, imports, MOST_WEIGHT);
          if (flat === undefined) throw tooMuch();
          return { versions, pieces: writeRows(wanted.format, flat) };
        });
      } catch (reason) {
        throw hasCode(reason, 'IMPORT_NOT_FOUND') ? await notFound(importIds) : reason;
      }
    },
  };
}
