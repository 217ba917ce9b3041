import { rowsQuestion, type WantedRows } from '../../http/answers/flat_rows.js';
import {
  createKeptAnswers,
  inEnvelope,
  type KeptAnswer,
  type KeptUse,
  type StateOf,
  type Wanted,
} from '../../http/answers/kept_answers.js';
import { type FlatRows, writeRows } from '../../http/answers/write_rows.js';
import type { PresentsAsked } from './query.js';
import type { PresentsRepository } from './repository.js';

/** Months are 0.5 KB, 1,000 givers 0.1 MB, the birthdays of an everyday import 65 KB. */
const KEPT_ANSWERS_BYTES = 16 * 1024 * 1024;

export const MONTH_COLUMNS = ['month', 'presents', 'givers'] as const;
export const GIVER_COLUMNS = ['citizen_id', 'name', 'town', 'presents'] as const;

export type PresentsService = {
  /** The presents that each citizen buys, by month. @throws ServiceError IMPORT_NOT_FOUND */
  birthdays(importId: number, wanted: Wanted): Promise<KeptAnswer>;
  /** Presents by month, or the busiest givers, as flat rows. @throws ServiceError IMPORT_NOT_FOUND */
  presents(importId: number, asked: PresentsAsked, wanted: WantedRows): Promise<KeptAnswer>;
  /** How the kept answers are used. */
  keptUse(): KeptUse;
};

function toRows<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, string | number>>[],
): FlatRows {
  return { columns, rows: rows.map((row) => columns.map((column) => row[column])) };
}

export function createPresentsService(repository: PresentsRepository, stateOf: StateOf): PresentsService {
  const answers = createKeptAnswers(KEPT_ANSWERS_BYTES, stateOf);

  async function read(importId: number, { town, limit }: PresentsAsked): Promise<{ version: number; rows: FlatRows }> {
    if (limit === undefined) {
      const { version, months } = await repository.byMonth(importId, town);
      return { version, rows: toRows(MONTH_COLUMNS, months) };
    }
    const { version, givers } = await repository.busiest(importId, town, limit);
    return { version, rows: toRows(GIVER_COLUMNS, givers) };
  }

  return {
    keptUse: answers.use,

    birthdays(importId, wanted) {
      return answers.answer(importId, { ...wanted, question: '.birthdays' }, async () => {
        const { version, pieces } = await repository.birthdays(importId);
        return { version, pieces: inEnvelope(pieces) };
      });
    },

    presents(importId, asked, wanted) {
      const question = rowsQuestion(wanted.format, 'presents', [asked.town ?? null, asked.limit ?? null]);
      return answers.answer(importId, { ...wanted, question }, async () => {
        const { version, rows } = await read(importId, asked);
        return { version, pieces: writeRows(wanted.format, rows) };
      });
    },
  };
}
