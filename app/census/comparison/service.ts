import { type DateNumber, fullYears, utcToday } from '../../calendar.js';
import { rowsQuestion, type WantedRows } from '../../http/answers/flat_rows.js';
import {
  createKeptAnswers,
  inEnvelope,
  type KeptAnswer,
  type KeptUse,
  type Wanted,
} from '../../http/answers/kept_answers.js';
import { askedFor, type RowFormat } from '../../http/answers/row_formats.js';
import { writeRows } from '../../http/answers/write_rows.js';
import { linkToNext, nextCursor } from '../../http/query/number_page.js';
import { ROWS_TO_TEXT, toList } from '../citizens/service.js';
import { percentile, roundTo2Places, type TownTotal } from '../stats/service.js';
import { toChanged, writeChanged } from './changed_citizens.js';
import type { CitizensAsked, TownsAsked, TownValue } from './query.js';
import type { ComparedKind, ComparisonRepository, Pair, TownsOfBoth } from './repository.js';
import { type TownShift, toShifts } from './town_shifts.js';

/** A comparison takes up to 0.1 MB, a page of citizens up to 0.5 MB. */
const KEPT_ANSWERS_BYTES = 16 * 1024 * 1024;

export const SHIFT_COLUMNS = ['town', 'before', 'after', 'shift'] as const;

/** All throw ServiceError IMPORT_NOT_FOUND, which names the missing import, and IMPORT_KEEPS_CHANGING. */
export type ComparisonService = {
  /** The counts of added, removed, changed and equal citizens, and the `townLimit` towns that changed most in size. */
  compare(pair: Pair, townLimit: number, wanted: Wanted): Promise<KeptAnswer>;
  /** Only the towns, as flat rows. */
  towns(pair: Pair, asked: TownsAsked, wanted: WantedRows): Promise<KeptAnswer>;
  /** A page of citizens of one kind. */
  citizens(pair: Pair, asked: CitizensAsked, wanted: WantedRows): Promise<KeptAnswer>;
  /** Usage of the answer cache. */
  keptUse(): KeptUse;
};

function citizensByTown(towns: readonly TownTotal[]): Map<string, number> {
  return new Map(towns.map(({ town, citizens }) => [town, citizens]));
}

function mediansByTown(towns: readonly TownTotal[], day: DateNumber): Map<string, number> {
  return new Map(
    towns.map(({ town, citizens, dates: [younger = 0, older = 0] }) => {
      const age = percentile(citizens, 50, fullYears(younger, day), fullYears(older, day));
      return [town, roundTo2Places(age)];
    }),
  );
}

function shiftsOf([before, after]: TownsOfBoth, of: TownValue, day: DateNumber): TownShift[] {
  if (of === 'citizens') return toShifts(citizensByTown(before), citizensByTown(after), 0);
  return toShifts(mediansByTown(before, day), mediansByTown(after, day), null);
}

function writeCitizens(kind: ComparedKind, format: RowFormat, pages: readonly Buffer[], cursor: string | null) {
  if (kind === 'changed') return writeChanged(format, toChanged(pages), cursor);
  return [Buffer.concat(toList(format, pages.map(ROWS_TO_TEXT[format]), { isPaged: true, nextCursor: cursor }))];
}

function citizensPath([beforeId, afterId]: Pair): string {
  return `/imports/${beforeId}/compare/${afterId}/citizens`;
}

export function createComparisonService(
  repository: ComparisonRepository,
  today: () => DateNumber = utcToday,
): ComparisonService {
  const answers = createKeptAnswers(KEPT_ANSWERS_BYTES, repository.state);
  return {
    keptUse: answers.use,

    compare(pair, townLimit, wanted) {
      return answers.answerOfMany(pair, { ...wanted, question: `.comparison${townLimit}` }, async () => {
        const { versions, counts, towns } = await repository.compare(pair);
        const [before, after] = pair.map((import_id, place) => ({ import_id, version: versions[place] }));
        const shifts = shiftsOf(towns, 'citizens', today()).slice(0, townLimit);
        const json = JSON.stringify({ before, after, ...counts, towns: shifts });
        return { versions, pieces: inEnvelope([Buffer.from(json)]) };
      });
    },

    towns(pair, { of, limit }, wanted) {
      const day = today();
      const asked = of === 'citizens' ? [of, limit] : [of, limit, day];
      const question = rowsQuestion(wanted.format, 'shifts', asked);
      return answers.answerOfMany(pair, { ...wanted, question }, async () => {
        const { versions, towns } = await repository.towns(pair, { withMedian: of === 'median_age' });
        const shifts = shiftsOf(towns, of, day).slice(0, limit);
        const rows = shifts.map((row) => SHIFT_COLUMNS.map((column) => row[column]));
        return { versions, pieces: writeRows(wanted.format, { columns: SHIFT_COLUMNS, rows }) };
      });
    },

    citizens(pair, asked, wanted) {
      const { kind, limit, after } = asked;
      const question = rowsQuestion(wanted.format, 'compared', [kind, limit, after ?? null]);
      return answers.answerOfMany(pair, { ...wanted, question }, async () => {
        const { versions, pages, nextAfter } = await repository.citizens(pair, kind, asked);
        const cursor = nextCursor(nextAfter);
        const pieces = writeCitizens(kind, wanted.format, pages, cursor);
        return {
          versions,
          pieces,
          link: linkToNext(citizensPath(pair), { kind, limit: String(limit), ...askedFor(wanted.format) }, cursor),
        };
      });
    },
  };
}
