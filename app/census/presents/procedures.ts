import { read } from '../../db/procedure.js';

/** Procedures of presents. */
export const PROCEDURES = {
  /** `months`: month, presents and givers of each month that has any. */
  presentsByMonth: read<[importId: number], [version: number, months: number[]]>('svodka.presents.by_month'),
  /** A piece of the givers of one town, of so much cost. `months`: presents and givers of each of the twelve. */
  presentsByMonthOfTown: read<
    [importId: number, town: string, after: number | null, mostCost: number, expectedVersion: number | null],
    [version: number, goOnAfter: number | null, months: number[]]
  >('svodka.presents.by_month_of_town'),
  /** A piece of the givers. `givers`: citizen and presents of the busiest in it, of those with more than `moreThan`. */
  busiestGivers: read<
    [
      importId: number,
      town: string | null,
      after: number | null,
      limit: number,
      moreThan: number,
      mostCost: number,
      expectedVersion: number | null,
    ],
    [version: number, goOnAfter: number | null, givers: number[]]
  >('svodka.presents.busiest'),
  /** `names`: name and town of each of the citizens, in the same order. */
  citizenNames: read<
    [importId: number, citizenIds: readonly number[], expectedVersion: number | null],
    [names: string[]]
  >('svodka.presents.names'),
} as const;
