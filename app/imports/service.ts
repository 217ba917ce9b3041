import { type DateNumber, utcToday } from '../calendar.js';
import { formatEtag, versionsIn } from '../http/etags.js';
import { createKeptAnswers, type KeptAnswer, type Wanted } from '../http/kept_answers.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import { checkRelativesList } from './consistency.js';
import { createIntake, type Intake } from './intake.js';
import { isOfList, type ListFormat, listQuestion, toList } from './list_formats.js';
import { type ListPage, toCursor } from './list_query.js';
import type { ImportParser } from './parser.js';
import type { ImportProgress, ImportsRepository } from './repository.js';
import { type Citizen, type CitizenChanges, createShapeValidators } from './schema.js';
import type { TextMaker } from './text_maker.js';
import { createImportWatch, type ImportWatch } from './watch.js';

export type { ImportBody } from './intake.js';
export type { CountedImport, ImportFormat } from './parse.js';
export type { ImportProgress } from './repository.js';
export type { Citizen } from './schema.js';

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
  watch: ImportWatch['watch'];
  /**
   * The import's citizens, or a page of them, as of one moment: `{"data": [...]}`, lines of JSON or CSV.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  list(importId: number, wanted: ListWanted): Promise<KeptAnswer>;
  /**
   * Changes a citizen; answers it as it is now, and the ETag of the import's list. `changes` is what the client sent;
   * `ifMatch` its header: one of the ETags in it must be of the list as it is before the change. @throws ServiceError
   */
  patch(importId: number, citizenId: number, changes: unknown, ifMatch?: string): Promise<PatchedCitizen>;
};

export type ListWanted = Wanted & { format: ListFormat; page: ListPage | undefined };
export type PatchedCitizen = { citizen: Citizen; etag: string };

export type ImportsServiceParts = {
  repository: ImportsRepository;
  parser: ImportParser;
  texts: TextMaker;
  today?: () => DateNumber;
};

export function createImportsService(parts: ImportsServiceParts): ImportsService {
  const { repository, parser, texts, today = utcToday } = parts;
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

  /** undefined: any will do. The time of creation never changes, so it may be looked at before the change. */
  async function expectedVersions(importId: number, ifMatch: string | undefined): Promise<number[] | undefined> {
    if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
    return versionsIn(ifMatch, importId, await repository.state(importId), isOfList);
  }

  return {
    ...createIntake({ repository, parser, today }),
    progress: repository.progress,
    watch: createImportWatch(repository.progress).watch,

    list(importId, wanted) {
      const { format, page } = wanted;
      return lists.answer(importId, { ...wanted, question: listQuestion(format, page) }, async () => {
        const { version, pages, goOnAfter } = await repository.read(importId, page ?? {}, (rows, isLast) =>
          texts.make(format, rows, !isLast),
        );
        const nextCursor = goOnAfter === null ? null : toCursor(goOnAfter);
        const pieces = toList(format, pages, { isPaged: page !== undefined, nextCursor });
        return { version, pieces, link: page && linkToNext(importId, page, nextCursor) };
      });
    },

    async patch(importId, citizenId, changes, ifMatch) {
      const valid = validChanges(citizenId, changes);
      const versions = await expectedVersions(importId, ifMatch);
      const { citizen, state } = await repository.patch(importId, citizenId, valid, versions);
      return { citizen, etag: formatEtag(importId, state) };
    },
  };
}

/** RFC 8288; undefined on the last page. */
function linkToNext(importId: number, { limit }: ListPage, nextCursor: string | null): string | undefined {
  if (nextCursor === null) return undefined;
  return `</imports/${importId}/citizens?limit=${limit}&cursor=${nextCursor}>; rel="next"`;
}
