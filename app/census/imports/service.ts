import { type DateNumber, utcToday } from '../../calendar.js';
import { createChangeFeed } from '../../db/change_feed.js';
import type { VersionWait } from '../../http/answers/data_version.js';
import type { StateOf } from '../../http/answers/kept_answers.js';
import { type NumberPage, nextCursor } from '../../http/query/number_page.js';
import { expectedVersions } from '../expected_versions.js';
import { createIntake, type Intake } from './intake/intake.js';
import type { ImportParser } from './intake/parser.js';
import type { ImportProgress, ImportsRepository } from './repository.js';
import { createVersionWait } from './watching/version_wait.js';
import { createImportWatch, type ImportWatch } from './watching/watch.js';

export type { ImportBody } from './intake/intake.js';
export type { ImportFormat } from './intake/parse.js';
export type { ImportProgress } from './repository.js';
export type { WatchEvent } from './watching/watch.js';

/** Stores, lists, watches and deletes imports. */
export type ImportsService = Intake & {
  /** The progress of an import, staged or published. @throws ServiceError IMPORT_NOT_FOUND */
  progress(importId: number): Promise<ImportProgress>;
  /** All imports, newest first, staged ones too. */
  listImports(page: NumberPage): Promise<{ imports: ImportProgress[]; nextCursor: string | null }>;
  /**
   * Hides an import at once; its rows are deleted later. `ifMatch`: one of the ETags in it must be of the list of citizens
   * as it is. @throws ServiceError IMPORT_NOT_FOUND, also for a staged import; PRECONDITION_FAILED
   */
  deleteImport(importId: number, ifMatch?: string): Promise<void>;
  /** The state of an import's data, for ETags. @throws ServiceError IMPORT_NOT_FOUND */
  stateOf: StateOf;
  watch: ImportWatch['watch'];
  watcherCount: ImportWatch['watcherCount'];
  /** Waits for a version of an import. */
  reachVersion: VersionWait;
};

type ImportsServiceParts = {
  repository: ImportsRepository;
  parser: ImportParser;
  today?: () => DateNumber;
  /** How long reachVersion waits; 0 at a replica, since the primary has the version already. */
  maxVersionWaitMs?: number;
};

export function createImportsService(parts: ImportsServiceParts): ImportsService {
  const { repository, parser, today = utcToday, maxVersionWaitMs } = parts;
  const feed = createChangeFeed(repository.changes);

  return {
    ...createIntake({ repository, parser, today }),
    stateOf: repository.state,
    progress: repository.progress,
    ...createImportWatch(feed, repository.progress),
    reachVersion: createVersionWait(
      feed,
      async (importId) => (await repository.progress(importId)).version,
      maxVersionWaitMs,
    ),

    async listImports(page) {
      const { imports, nextBelow } = await repository.listImports(page);
      return { imports, nextCursor: nextCursor(nextBelow) };
    },

    async deleteImport(importId, ifMatch) {
      await repository.deleteImport(importId, await expectedVersions(importId, ifMatch, repository.state));
    },
  };
}
