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
  digest: read<[importId: number], [version: number, citizens: number, sha256: string]>('svodka.checks.digest'),
  /** Zero buckets: a single node. `doubled`: buckets that are active on several sets; `missing`: on none. */
  checkBuckets: read<
    [],
    [
      buckets: number,
      sets: string[],
      doubled: [bucket: number, holders: [set: string, generation: number][]][],
      missing: number[],
      moving: number,
    ]
  >('svodka.shards.check'),
} as const;
