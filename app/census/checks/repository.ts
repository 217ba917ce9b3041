import { formatBirthDate } from '../../calendar.js';
import type { Client } from '../../db/client.js';
import { readConsistently } from '../../db/consistent_read.js';
import { PROCEDURES } from './procedures.js';
import type { BucketCheck, Check, Difference } from './schema.js';

/** A recount of a million citizens takes 2 s on an idle machine, and many times that under load. */
const DEADLINE_MS = 600_000;

export type ChecksRepository = {
  /** @throws ServiceError IMPORT_NOT_FOUND, CHECK_UNDER_WAY */
  check(importId: number): Promise<Omit<Check, 'digest'>>;
  /** Of one version. @throws ServiceError IMPORT_NOT_FOUND, IMPORT_KEEPS_CHANGING */
  digest(importId: number): Promise<{ version: number; sha256: string }>;
  /** @throws ServiceError DATABASE_AWAY when a set does not answer */
  checkBuckets(): Promise<BucketCheck>;
};

/** A difference as tarantool/census/checks.lua returns it. Its key: a giver, or 2 * birth date (+1 for women). */
function toDifference([kind, group, key, difference]: readonly [string, string, number, number]): Difference {
  if (kind === 'presents') {
    return {
      kind: 'presents',
      town: null,
      birth_date: null,
      gender: null,
      month: Number(group),
      citizen_id: key,
      difference,
    };
  }
  return {
    kind: 'births',
    town: group,
    birth_date: formatBirthDate(Math.floor(key / 2)),
    gender: key % 2 === 1 ? 'female' : 'male',
    month: null,
    citizen_id: null,
    difference,
  };
}

export function createChecksRepository(db: Client): ChecksRepository {
  return {
    async check(importId) {
      const [version, wrongCounts, differences, citizens, counts] = await db.call(PROCEDURES.recount, [importId], {
        deadlineMs: DEADLINE_MS,
      });
      return {
        import_id: importId,
        version,
        citizens,
        counts,
        wrong_counts: wrongCounts,
        differences: differences.map(toDifference),
      };
    },

    async digest(importId) {
      const [version, , sha256] = await readConsistently(() =>
        db.call(PROCEDURES.digest, [importId], { deadlineMs: DEADLINE_MS }),
      );
      return { version, sha256 };
    },

    async checkBuckets() {
      const [buckets, sets, doubled, missing, moving] = await db.call(PROCEDURES.checkBuckets, []);
      return {
        buckets,
        sets,
        moving,
        doubled: doubled.map(([bucket, holders]) => ({
          bucket,
          holders: holders.map(([set, generation]) => ({ set, generation })),
        })),
        missing,
      };
    },
  };
}
