import { type DateNumber, fullYears, utcToday } from '../../calendar.js';
import { hasCode, ServiceError } from '../../errors.js';
import { rowsQuestion, type WantedRows } from '../../http/answers/flat_rows.js';
import {
  createKeptAnswers,
  type KeptAnswer,
  type KeptUse,
  type MadeAnswer,
  type StateOf,
} from '../../http/answers/kept_answers.js';
import type { RowFormat } from '../../http/answers/row_formats.js';
import { writeRowsInTurns } from '../../http/answers/write_rows.js';
import type { Computer } from './computing/computer.js';
import { percentile, roundTo2Places } from './model/percentiles.js';
import type { StatsRepository, TownRanks } from './repository.js';
import {
  type AgesAsked,
  DEFAULT_PERCENTS,
  type PercentilesAsked,
  type StatsAsked,
  type StatsOfManyAsked,
  type StatsQuery,
  toAgesQuery,
  toPercentilesQuery,
  toStatsQuery,
} from './stats_query.js';

export { percentile, roundTo2Places } from './model/percentiles.js';
export type { TownTotal } from './repository.js';

/** Room for some hundred answers about everyday imports, each up to 65 KB. */
const KEPT_ANSWERS_BYTES = 16 * 1024 * 1024;
/** Limit of values and operations in an answer, 0.3 s of a thread; percentiles, offered for any import, have none. */
const MAX_WEIGHT = 1_000_000;

/** 2 ms. */
const WARM_UP_TOWNS = 1_000;

export type StatsService = {
  /**
   * Percentiles of ages by town, and by gender if requested, in order of their names. The default date is today in
   * UTC. @throws ServiceError IMPORT_NOT_FOUND
   */
  percentiles(importId: number, asked: PercentilesAsked, wanted: WantedRows): Promise<KeptAnswer>;
  /** The number of citizens of each age. @throws ServiceError IMPORT_NOT_FOUND */
  ages(importId: number, asked: AgesAsked, wanted: WantedRows): Promise<KeptAnswer>;
  /** The requested measures of the requested groups. @throws ServiceError IMPORT_NOT_FOUND, INVALID_INPUT */
  stats(importId: number, asked: StatsAsked, wanted: WantedRows): Promise<KeptAnswer>;
  /** The same over several imports. @throws ServiceError IMPORT_NOT_FOUND with pointers, INVALID_INPUT */
  statsOfMany(asked: StatsOfManyAsked, wanted: WantedRows): Promise<KeptAnswer>;
  /** Towns as of one version, for use by other modules. */
  townTotals: StatsRepository['townTotals'];
  /** Usage of the answer cache. */
  keptUse(): KeptUse;
  /** Has the code of percentiles compiled: the first answer would take 4 ms longer otherwise, whatever its size. */
  warmUp(): Promise<void>;
};

function toRow({ town, citizens, pairs }: TownRanks, percents: readonly number[], day: DateNumber) {
  const values = percents.map((percent, place) => {
    const [younger, older] = pairs[place] as readonly [DateNumber, DateNumber];
    return roundTo2Places(percentile(citizens, percent, fullYears(younger, day), fullYears(older, day)));
  });
  return [town, ...values] as const;
}

type StatsServiceParts = {
  repository: StatsRepository;
  stateOf: StateOf;
  computer: Computer;
  today?: () => DateNumber;
};

export function createStatsService(parts: StatsServiceParts): StatsService {
  const { repository, stateOf, computer, today = utcToday } = parts;
  const answers = createKeptAnswers(KEPT_ANSWERS_BYTES, stateOf);

  async function read(query: StatsQuery, importIds: readonly number[]) {
    const read = await Promise.all(importIds.map((importId) => repository.ages(importId, query)));
    return {
      versions: read.map(({ version }) => version),
      imports: read.map(({ pages }, place) => ({ importId: importIds[place] as number, pages })),
    };
  }

  function writeRanks(format: RowFormat, towns: readonly TownRanks[], percents: readonly number[], day: DateNumber) {
    const columns = ['town', ...percents.map((percent) => `p${percent}`)];
    return writeRowsInTurns(format, columns, towns, (town) => toRow(town, percents, day));
  }

  /** Fast path when nobody is born after `day`: it does not read the ages. */
  async function ranked(
    importId: number,
    percents: readonly number[],
    day: DateNumber,
    format: RowFormat,
  ): Promise<MadeAnswer> {
    const { version, towns } = await repository.townRanks(importId, percents);
    const sorted = towns.sort((a, b) => (a.town < b.town ? -1 : 1));
    return { version, pieces: await writeRanks(format, sorted, percents, day) };
  }

  async function computed(query: StatsQuery, importIds: readonly number[], maxWeight: number, format: RowFormat) {
    const { groupBy, terms, order, limit } = query;
    const { versions, imports } = await read(query, importIds);
    const rowsQuery = { groupBy, terms, ...(order && { order }), ...(limit !== undefined && { limit }) };
    return { versions, pieces: await computer.makeRows({ query: rowsQuery, imports, maxWeight, format }) };
  }

  async function computedOfOne(query: StatsQuery, importId: number, maxWeight: number, format: RowFormat) {
    const { versions, pieces } = await computed(query, [importId], maxWeight, format);
    return { version: versions[0] as number, pieces };
  }

  function answerRows(
    importId: number,
    [kind, asked]: readonly [kind: string, asked: unknown],
    wanted: WantedRows,
    make: (format: RowFormat) => Promise<MadeAnswer>,
  ): Promise<KeptAnswer> {
    const { format } = wanted;
    return answers.answer(importId, { ...wanted, question: rowsQuestion(format, kind, asked) }, () => make(format));
  }

  /** Names the missing imports, each by its pointer. */
  async function notFound(importIds: readonly number[]): Promise<ServiceError> {
    const states = await Promise.allSettled(importIds.map((importId) => stateOf(importId)));
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
    async warmUp() {
      const towns = Array.from({ length: WARM_UP_TOWNS }, (_, place): TownRanks => {
        const pair = [19_900_101 + (place % 28), 19_800_101] as const;
        return { town: `town ${place}`, citizens: place + 2, pairs: DEFAULT_PERCENTS.map(() => pair) };
      });
      await writeRanks('json', towns, DEFAULT_PERCENTS, today());
    },
    townTotals: repository.townTotals,

    percentiles(importId, asked, wanted) {
      const day = today();
      const query = toPercentilesQuery(asked, day);
      // Citizens are born before the day on which they are stored, so from today on all of them count.
      const isOfAll = query.town === undefined && query.groupBy.length === 1 && query.asOf >= day;
      return answerRows(importId, ['percentiles', query.asked], wanted, (format) =>
        isOfAll
          ? ranked(importId, asked.percents, query.asOf, format)
          : computedOfOne(query, importId, Number.POSITIVE_INFINITY, format),
      );
    },

    ages(importId, asked, wanted) {
      const query = toAgesQuery(asked, today());
      return answerRows(importId, ['ages', query.asked], wanted, (format) =>
        computedOfOne(query, importId, Number.POSITIVE_INFINITY, format),
      );
    },

    async stats(importId, asked, wanted) {
      const query = await toStatsQuery(asked, today(), computer.parseTerms);
      return answerRows(importId, ['stats', query.asked], wanted, (format) =>
        computedOfOne(query, importId, MAX_WEIGHT, format),
      );
    },

    async statsOfMany({ importIds, ...asked }, wanted) {
      const query = await toStatsQuery(asked, today(), computer.parseTerms);
      const question = rowsQuestion(wanted.format, 'stats', query.asked);
      try {
        return await answers.answerOfMany(importIds, { ...wanted, question }, () =>
          computed(query, importIds, MAX_WEIGHT, wanted.format),
        );
      } catch (reason) {
        throw hasCode(reason, 'IMPORT_NOT_FOUND') ? await notFound(importIds) : reason;
      }
    },
  };
}
