import { type DateNumber, utcToday } from '../../calendar.js';
import { createChangeFeed } from '../../db/change_feed.js';
import type { VersionWait } from '../../http/answers/data_version.js';
import { versionsIn } from '../../http/answers/etags.js';
import {
  createKeptAnswers,
  type KeptAnswer,
  type KeptUse,
  type MadeAnswer,
  type StateOf,
  type Wanted,
} from '../../http/answers/kept_answers.js';
import { askedFor, inFormat, type RowFormat } from '../../http/answers/row_formats.js';
import { linkToNext, type NumberPage, toCursor } from '../../http/query/number_page.js';
import { createViolationList, invalidInput, toViolation } from '../../http/violations.js';
import { citizenTagsIn, formatCitizenEtag } from '../citizens/citizen_etag.js';
import { type FilteredPage, filterQuestion } from '../citizens/filter_query.js';
import type { ListPage } from '../citizens/list_query.js';
import { checkRelativesList } from '../citizens/model/consistency.js';
import { type Citizen, type CitizenChanges, createShapeValidators } from '../citizens/schema.js';
import { isOfList, listQuestion, toList } from '../citizens/text/list_formats.js';
import type { TextMaker } from '../citizens/text/text_maker.js';
import { createIntake, type Intake } from './intake/intake.js';
import type { ImportParser } from './intake/parser.js';
import type {
  CitizenChange,
  CitizensText,
  Expected,
  ImportProgress,
  ImportsRepository,
  RowsToText,
  TaggedCitizen,
} from './repository.js';
import { createVersionWait } from './watching/version_wait.js';
import { createImportWatch, type ImportWatch } from './watching/watch.js';

export { exampleCitizen, exampleRelative } from '../citizens/examples.js';
export { toCitizens } from '../citizens/rows.js';
export { type Citizen, citizenSchema } from '../citizens/schema.js';
export { ROWS_TO_TEXT, toList } from '../citizens/text/list_formats.js';
export type { ImportBody } from './intake/intake.js';
export type { CountedImport, ImportFormat } from './intake/parse.js';
export type { CitizenChange, ImportProgress } from './repository.js';
export type { WatchEvent } from './watching/watch.js';

/** 25 imports of everyday size. */
const KEPT_LISTS_BYTES = 64 * 1024 * 1024;
/** A change is checked on the event loop: 10,000 faults take about 10 ms. */
const MOST_FAULTS_OF_A_CHANGE = 10_000;
/** A citizen has nine; naming 100,000 unknown ones would take 0.4 s. */
const MOST_KEYS_OF_A_CHANGE = 100;

function holdsTooMuch(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null && Object.keys(changes).length > MOST_KEYS_OF_A_CHANGE;
}

export type ImportsService = Intake & {
  /** Where an import stands that is staged or published. @throws ServiceError IMPORT_NOT_FOUND */
  progress(importId: number): Promise<ImportProgress>;
  /** All imports, newest first, staged ones too. */
  listImports(page: NumberPage): Promise<{ imports: ImportProgress[]; nextCursor: string | null }>;
  /**
   * Takes an import out of sight; its rows go later. `ifMatch`: one of the ETags in it must be of the list of citizens as
   * it is. @throws ServiceError IMPORT_NOT_FOUND, also of one that is still staged; PRECONDITION_FAILED
   */
  deleteImport(importId: number, ifMatch?: string): Promise<void>;
  stateOf: StateOf;
  watch: ImportWatch['watch'];
  watcherCount: ImportWatch['watcherCount'];
  /** Waits for a version of an import. */
  reachVersion: VersionWait;
  /**
   * The import's citizens, or a page of them, as of one moment: `{"data": [...]}`, lines of JSON or CSV.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  list(importId: number, wanted: ListWanted): Promise<KeptAnswer>;
  /** Those that a filter lets through, in the same forms. @throws ServiceError IMPORT_NOT_FOUND, INVALID_INPUT */
  find(importId: number, wanted: FindWanted): Promise<KeptAnswer>;
  /** @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND */
  citizen(importId: number, citizenId: number): Promise<KnownCitizen>;
  /** What was changed of a citizen, newest first. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND */
  history(
    importId: number,
    citizenId: number,
    page: NumberPage,
  ): Promise<{ version: number; changes: CitizenChange[]; nextCursor: string | null }>;
  /**
   * Changes a citizen and answers it as it is now. `changes` is what the client sent; `ifMatch` its header: one of the
   * ETags in it must be of the citizen or of the import's list as it is before the change. @throws ServiceError
   */
  patch(importId: number, citizenId: number, changes: unknown, options: PatchOptions): Promise<KnownCitizen>;
  /** How the lists that are kept are used. */
  keptUse(): KeptUse;
};

export type ListWanted = Wanted & { format: RowFormat; page: ListPage | undefined };
export type FindWanted = Wanted & { format: RowFormat; page: FilteredPage };
/** `version`: of the import. */
export type KnownCitizen = { citizen: Citizen; etag: string; version: number };
export type PatchOptions = { ifMatch?: string | undefined; requestId: string };

export type ImportsServiceParts = {
  repository: ImportsRepository;
  parser: ImportParser;
  texts: TextMaker;
  today?: () => DateNumber;
  /** How long reachVersion waits; 0 at a replica, since the primary has the version already. */
  mostVersionWaitMs?: number;
};

export function createImportsService(parts: ImportsServiceParts): ImportsService {
  const { repository, parser, texts, today = utcToday, mostVersionWaitMs } = parts;
  const validators = createShapeValidators();
  const lists = createKeptAnswers(KEPT_LISTS_BYTES, (importId) => repository.state(importId));

  function validChanges(citizenId: number, changes: unknown): CitizenChanges {
    const list = createViolationList('Nothing was changed.', MOST_FAULTS_OF_A_CHANGE);
    if (holdsTooMuch(changes)) {
      list.add({ pointer: '', code: 'TOO_COMPLEX', detail: 'holds far more than a citizen has' });
      throw invalidInput(list);
    }
    for (const error of validators.patch(changes, today())) list.add(toViolation(error, ''));
    const relatives = (changes as { relatives?: unknown } | null)?.relatives;
    if (Array.isArray(relatives)) checkRelativesList(citizenId, relatives, '/relatives', list.add);
    if (list.count() > 0) throw invalidInput(list);
    return changes as CitizenChanges;
  }

  const feed = createChangeFeed(repository.changes);

  function known(importId: number, { citizen, tag, version }: TaggedCitizen): KnownCitizen {
    return { citizen, etag: formatCitizenEtag(importId, citizen.citizen_id, tag), version };
  }

  /** undefined: any will do. The time of creation never changes, so it may be looked at before the change. */
  async function expectedVersions(importId: number, ifMatch: string | undefined): Promise<number[] | undefined> {
    if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
    return versionsIn(ifMatch, importId, await repository.state(importId), isOfList);
  }

  /** The versions of the import that a header names ETags of, and the tags of the citizen. */
  async function expectedBy(importId: number, citizenId: number, ifMatch?: string): Promise<Expected | undefined> {
    const versions = await expectedVersions(importId, ifMatch);
    return versions && { versions, tags: citizenTagsIn(ifMatch as string, importId, citizenId) };
  }

  function cursorOf(goOn: number | null): string | null {
    return goOn === null ? null : toCursor(goOn);
  }

  function intoText(format: RowFormat): RowsToText {
    return (rows, isLast) => texts.make(format, rows, !isLast);
  }

  /** `page`: missing for the whole list. */
  function toAnswer(
    importId: number,
    format: RowFormat,
    page: ListPage | FilteredPage | undefined,
    { version, pages, goOnAfter }: CitizensText,
  ): MadeAnswer {
    const nextCursor = cursorOf(goOnAfter);
    const filters = page !== undefined && 'asked' in page ? page.asked : {};
    const asked = page && { ...filters, limit: String(page.limit), ...askedFor(format) };
    const link = asked && linkToNext(`/imports/${importId}/citizens`, asked, nextCursor);
    return { version, pieces: toList(format, pages, { isPaged: page !== undefined, nextCursor }), link };
  }

  return {
    ...createIntake({ repository, parser, today }),
    stateOf: repository.state,
    progress: repository.progress,
    ...createImportWatch(feed, repository.progress),
    keptUse: lists.use,
    reachVersion: createVersionWait(
      feed,
      async (importId) => (await repository.progress(importId)).version,
      mostVersionWaitMs,
    ),

    async listImports(page) {
      const { imports, goOnBelow } = await repository.listImports(page);
      return { imports, nextCursor: cursorOf(goOnBelow) };
    },

    async deleteImport(importId, ifMatch) {
      await repository.deleteImport(importId, await expectedVersions(importId, ifMatch));
    },

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
      const { version, changes, goOnBelow } = await repository.history(importId, citizenId, page);
      return { version, changes, nextCursor: cursorOf(goOnBelow) };
    },

    async patch(importId, citizenId, changes, { ifMatch, requestId }) {
      const valid = validChanges(citizenId, changes);
      const expected = await expectedBy(importId, citizenId, ifMatch);
      return known(importId, await repository.patch(importId, citizenId, valid, { expected, requestId }));
    },
  };
}
