import { read, readPacked } from '../../db/procedure.js';

/** Of two imports: who came, went, changed and stayed the same from the first to the second. */
type ComparisonCounts = [came: number, went: number, changed: number, same: number];

export const PROCEDURES = {
  /** Takes as long as there are citizens: 0.4 s for a million, in pieces of which others wait for none. */
  countComparison: read<
    [beforeId: number, afterId: number],
    [beforeVersion: number, afterVersion: number, counts: ComparisonCounts]
  >('svodka.comparison.count'),
  /** `rows` as citizensPage has them; of those that changed two each, before and after. */
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
