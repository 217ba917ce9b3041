import { type DateNumber, utcToday } from '../../calendar.js';
import {
  createKeptAnswers,
  type KeptAnswer,
  type KeptUse,
  type MadeAnswer,
  type StateOf,
  type Wanted,
} from '../../http/answers/kept_answers.js';
import { askedFor, inFormat, type RowFormat } from '../../http/answers/row_formats.js';
import { linkToNext, type NumberPage, nextCursor } from '../../http/query/number_page.js';
import { expectedVersions } from '../expected_versions.js';
import { createChangeCheck } from './change_check.js';
import { citizenTagsIn, formatCitizenEtag } from './citizen_etag.js';
import { type FilteredPage, filterQuestion } from './filter_query.js';
import type { ListPage } from './list_query.js';
import type {
  CitizenChange,
  CitizensRepository,
  CitizensText,
  Expected,
  RowsToText,
  TaggedCitizen,
} from './repository.js';
import type { Citizen } from './schema.js';
import { listQuestion, toList } from './text/list_formats.js';
import type { TextMaker } from './text/text_maker.js';

export { exampleCitizen, exampleRelative } from './examples.js';
export type { CitizenChange } from './repository.js';
export { toCitizens } from './rows.js';
export { ROWS_TO_TEXT, toList } from './text/list_formats.js';

/** 25 imports of everyday size. */
const KEPT_LISTS_BYTES = 64 * 1024 * 1024;

/** Reads and changes the citizens of published imports. */
export type CitizensService = {
  /**
   * The import's citizens, or a page of them, as of one moment: `{"data": [...]}`, lines of JSON or CSV.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  list(importId: number, wanted: ListWanted): Promise<KeptAnswer>;
  /** Those that match a filter, in the same forms. @throws ServiceError IMPORT_NOT_FOUND, INVALID_INPUT */
  find(importId: number, wanted: FindWanted): Promise<KeptAnswer>;
  /** @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND */
  citizen(importId: number, citizenId: number): Promise<KnownCitizen>;
  /** The changes of a citizen, newest first. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND */
  history(
    importId: number,
    citizenId: number,
    page: NumberPage,
  ): Promise<{ version: number; changes: CitizenChange[]; nextCursor: string | null }>;
  /**
   * Changes a citizen and returns it as it is now. `changes` is what the client sent; `ifMatch` its header: one of the
   * ETags in it must be of the citizen, or of the import's list, as it is before the change. @throws ServiceError
   */
  patch(importId: number, citizenId: number, changes: unknown, options: PatchOptions): Promise<KnownCitizen>;
  /** How the kept lists are used. */
  keptUse(): KeptUse;
};

/** `page`: undefined for the whole list. */
type ListWanted = Wanted & { format: RowFormat; page: ListPage | undefined };
type FindWanted = Wanted & { format: RowFormat; page: FilteredPage };
/** `version`: of the import. */
export type KnownCitizen = { citizen: Citizen; etag: string; version: number };
type PatchOptions = { ifMatch?: string | undefined; requestId: string };

type CitizensServiceParts = {
  repository: CitizensRepository;
  texts: TextMaker;
  stateOf: StateOf;
  today?: () => DateNumber;
};

export function createCitizensService(parts: CitizensServiceParts): CitizensService {
  const { repository, texts, stateOf, today = utcToday } = parts;
  const checkChanges = createChangeCheck(today);
  const lists = createKeptAnswers(KEPT_LISTS_BYTES, stateOf);

  function known(importId: number, { citizen, tag, version }: TaggedCitizen): KnownCitizen {
    return { citizen, etag: formatCitizenEtag(importId, citizen.citizen_id, tag), version };
  }

  /** The versions of the import whose ETags a header names, and the tags of the citizen. */
  async function expectedBy(importId: number, citizenId: number, ifMatch?: string): Promise<Expected | undefined> {
    const versions = await expectedVersions(importId, ifMatch, stateOf);
    return versions && { versions, tags: citizenTagsIn(ifMatch as string, importId, citizenId) };
  }

  function intoText(format: RowFormat): RowsToText {
    return (rows, isLast) => texts.make(format, rows, !isLast);
  }

  /** `page`: missing for the whole list. */
  function toAnswer(
    importId: number,
    format: RowFormat,
    page: ListPage | FilteredPage | undefined,
    { version, pages, nextAfter }: CitizensText,
  ): MadeAnswer {
    const cursor = nextCursor(nextAfter);
    const filters = page !== undefined && 'asked' in page ? page.asked : {};
    const asked = page && { ...filters, limit: String(page.limit), ...askedFor(format) };
    const link = asked && linkToNext(`/imports/${importId}/citizens`, asked, cursor);
    return { version, pieces: toList(format, pages, { isPaged: page !== undefined, nextCursor: cursor }), link };
  }

  return {
    keptUse: lists.use,

    list(importId, wanted) {
      const { format, page } = wanted;
      return lists.answer(importId, { ...wanted, question: listQuestion(format, page) }, async () =>
        toAnswer(importId, format, page, await repository.read(importId, page ?? {}, intoText(format))),
      );
    },

    find(importId, wanted) {
      const { format, page } = wanted;
      const question = inFormat(format, filterQuestion(page));
      return lists.answer(importId, { ...wanted, question }, async () =>
        toAnswer(importId, format, page, await repository.find(importId, page.filter, page, intoText(format))),
      );
    },

    async citizen(importId, citizenId) {
      return known(importId, await repository.citizen(importId, citizenId));
    },

    async history(importId, citizenId, page) {
      const { version, changes, nextBelow } = await repository.history(importId, citizenId, page);
      return { version, changes, nextCursor: nextCursor(nextBelow) };
    },

    async patch(importId, citizenId, changes, { ifMatch, requestId }) {
      const valid = checkChanges(citizenId, changes);
      const expected = await expectedBy(importId, citizenId, ifMatch);
      return known(importId, await repository.patch(importId, citizenId, valid, { expected, requestId }));
    },
  };
}
