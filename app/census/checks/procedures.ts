import { read } from '../../db/procedure.js';

export const PROCEDURES = {
  /** `differences`: the first of what is wrong in the kept counts: which kind, its group, the key, counted minus kept. */
  recount: read<
    [importId: number],
    [
      version: number,
      count: number,
      differences: [kind: string, group: string, key: number, difference: number][],
      citizens: number,
      compared: number,
    ]
  >('svodka.checks.recount'),
} as const;
