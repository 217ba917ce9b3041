import { read, readPacked } from '../../db/procedure.js';

/** How many citizens were added, removed, changed and left the same between the first import and the second. */
type ComparisonCounts = [came: number, went: number, changed: number, same: number];

export const PROCEDURES = {
  /**
   * Takes 0.4 s for a million citizens, in pieces between which other requests run. `null` alone: the imports are on two
   * sets.
   */
  countComparison: read<
    [beforeId: number, afterId: number],
    [beforeVersion: number, afterVersion: number, counts: ComparisonCounts] | [null]
  >('svodka.comparison.count'),
  /** `rows`: as in citizensPage; a changed citizen has two rows, before and after. One value: as above. */
  comparisonPage: readPacked<
    [
      beforeId: number,
      afterId: number,
      kind: 'came' | 'went' | 'changed',
      place: number | null,
      limit: number,
      versions: readonly [before: number, after: number] | null,
    ],
    [beforeVersion: number, afterVersion: number, nextAfter: number | null, rows: Buffer] | [Buffer]
  >('svodka.comparison.page'),
  /** `entries`: 16 bytes for each citizen (tarantool/census/comparison/digests.lua), as a MessagePack string. */
  digests: readPacked<
    [importId: number, after: number | null, expectedVersion: number | null],
    [version: number, nextAfter: number | null, entries: Buffer]
  >('svodka.comparison.digests'),
  /** Citizens of these ids; `rows`: as in citizensPage. */
  citizensById: readPacked<[importId: number, citizenIds: readonly number[], expectedVersion: number], [rows: Buffer]>(
    'svodka.comparison.rows',
  ),
} as const;
