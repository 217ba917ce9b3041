import type { ChecksRepository } from './repository.js';
import type { BucketCheck, Check } from './schema.js';

export type { BucketCheck, Check, Difference } from './schema.js';

export type ChecksService = {
  /**
   * Recounts the import from its citizens and compares the result with the counts that statistics use, while reads and
   * writes continue. One at a time. O(citizens + relatives). `withDigest`: adds the digest; the version is then the one
   * that it is of. @throws ServiceError IMPORT_NOT_FOUND, CHECK_UNDER_WAY, IMPORT_KEEPS_CHANGING
   */
  check(importId: number, withDigest: boolean): Promise<Check>;
  /** Of a cluster: whether each bucket is on exactly one set. @throws ServiceError DATABASE_AWAY */
  checkBuckets(): Promise<BucketCheck>;
};

export function createChecksService(repository: ChecksRepository): ChecksService {
  return {
    checkBuckets: repository.checkBuckets,

    async check(importId, withDigest) {
      const check = await repository.check(importId);
      if (!withDigest) return { ...check, digest: null };
      const { version, sha256 } = await repository.digest(importId);
      return { ...check, version, digest: sha256 };
    },
  };
}
