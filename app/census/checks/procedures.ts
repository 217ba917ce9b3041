import { read } from '../../db/procedure.js';

export const PROCEDURES = {
  /** `differences`: the first wrong counts, each as kind, group, key, and the recounted value minus the kept one. */
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
