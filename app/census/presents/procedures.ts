import { read, readPacked } from '../../db/procedure.js';

/** Procedures of presents. */
export const PROCEDURES = {
  /** `blocks`: an array of tuples of `presents` (tarantool/migrations/003_aggregates.lua), read by their bytes. */
  presentsPage: readPacked<
    [importId: number, month: number | null, first: number | null, limit: number, expectedVersion: number | null],
    [version: number, nextMonth: number | null, nextFirst: number | null, blocks: Buffer]
  >('svodka.presents.page'),
  /** `months`: month, presents and givers of each month that has any. */
  presentsByMonth: read<[importId: number], [version: number, months: number[]]>('svodka.presents.by_month'),
  /** The next givers of one town, up to `maxCost`. `months`: presents and givers of each of the twelve. */
  presentsByMonthOfTown: read<
    [importId: number, town: string, after: number | null, maxCost: number, expectedVersion: number | null],
    [version: number, nextAfter: number | null, months: number[]]
  >('svodka.presents.by_month_of_town'),
  /**
   * The next givers, up to `maxCost`. `givers`: citizen and presents of the busiest among those with more than
   * `moreThan`.
   */
  busiestGivers: read<
    [
      importId: number,
      town: string | null,
      after: number | null,
      limit: number,
      moreThan: number,
      maxCost: number,
      expectedVersion: number | null,
    ],
    [version: number, nextAfter: number | null, givers: number[]]
  >('svodka.presents.busiest'),
  /** `names`: name and town of each of the citizens, in the same order. */
  citizenNames: read<
    [importId: number, citizenIds: readonly number[], expectedVersion: number | null],
    [names: string[]]
  >('svodka.presents.names'),
} as const;
