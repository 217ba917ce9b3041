import { read, readPacked } from '../../db/procedure.js';

/** How many citizens were added, removed, changed and left the same between the first import and the second. */
type ComparisonCounts = [came: number, went: number, changed: number, same: number];

export const PROCEDURES = {
  /** Takes 0.4 s for a million citizens, in pieces between which other requests run. */
  countComparison: read<
    [beforeId: number, afterId: number],
    [beforeVersion: number, afterVersion: number, counts: ComparisonCounts]
  >('svodka.comparison.count'),
  /** `rows`: as in citizensPage; a changed citizen has two rows, before and after. */
  comparisonPage: readPacked<
    [
      beforeId: number,
      afterId: number,
      kind: 'came' | 'went' | 'changed',
      place: number | null,
      limit: number,
      versions: readonly [before: number, after: number] | null,
    ],
    [beforeVersion: number, afterVersion: number, nextAfter: number | null, rows: Buffer]
  >('svodka.comparison.page'),
} as const;
