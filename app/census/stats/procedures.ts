import { read, readPacked } from '../../db/procedure.js';

export const PROCEDURES = {
  /** `ranks`: for each town its name, its number of citizens, and two birth dates per share. */
  birthRanks: read<
    [
      importId: number,
      afterTown: string | null,
      limit: number,
      expectedVersion: number | null,
      shares: readonly number[],
    ],
    [version: number, goOnTown: string | null, ranks: (string | number)[]]
  >('svodka.stats.birth_ranks'),
  /** `ages`: an array of town, counts, town, counts, ..., read as bytes (tarantool/census/stats/ages.lua). */
  ages: readPacked<
    [
      importId: number,
      asOf: number,
      only: string | null,
      afterTown: string | null,
      afterFirst: number | null,
      limit: number,
      expectedVersion: number | null,
    ],
    [version: number, goOnTown: string | null, goOnFirst: number | null, ages: Buffer]
  >('svodka.stats.ages'),
} as const;
