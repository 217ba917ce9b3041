import type { ChecksRepository } from './repository.js';
import type { Check } from './schema.js';

export type { Check, Difference } from './schema.js';

export type ChecksService = {
  /**
   * Recounts the import from its citizens and compares the result with the counts that statistics use, while reads and
   * writes continue. One at a time. O(citizens + relatives). @throws ServiceError IMPORT_NOT_FOUND, CHECK_UNDER_WAY
   */
  check(importId: number): Promise<Check>;
};

export function createChecksService(repository: ChecksRepository): ChecksService {
  return { check: repository.check };
}
