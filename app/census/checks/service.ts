import type { ChecksRepository } from './repository.js';
import type { Check } from './schema.js';

export type { Check, Difference } from './schema.js';

export type ChecksService = {
  /**
   * Counts the import anew from its citizens and compares that with what statistics are answered from, while others go on
   * reading and writing. One at a time. O(citizens + relatives). @throws ServiceError IMPORT_NOT_FOUND, CHECK_UNDER_WAY
   */
  check(importId: number): Promise<Check>;
};

export function createChecksService(repository: ChecksRepository): ChecksService {
  return { check: repository.check };
}
