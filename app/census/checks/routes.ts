import { setDataVersion } from '../../http/answers/data_version.js';
import { readQuery } from '../../http/query/query.js';
import { oneOf } from '../../http/query/query_kinds.js';
import { data, type Route } from '../../http/route.js';
import { SUPPLIERS } from '../access.js';
import { importIdFromPath } from '../path_ids.js';
import { type BucketCheck, bucketCheckSchema, type Check, checkSchema } from './schema.js';
import type { ChecksService } from './service.js';

const exampleCheck: Check = {
  import_id: 1,
  version: 1795339825000000,
  citizens: 10_000,
  counts: 9_214,
  wrong_counts: 1,
  differences: [
    {
      kind: 'births',
      town: 'Москва',
      birth_date: '26.12.1986',
      gender: 'male',
      month: null,
      citizen_id: null,
      difference: -1,
    },
  ],
  digest: null,
};

const exampleBuckets: BucketCheck = {
  buckets: 3000,
  sets: ['one', 'two'],
  moving: 0,
  doubled: [
    {
      bucket: 17,
      holders: [
        { set: 'two', generation: 2 },
        { set: 'one', generation: 1 },
      ],
    },
  ],
  missing: [],
};

const QUERY = {
  digest: oneOf({
    name: 'digest',
    description: 'true: also computes a digest, by which the imports of two services can be compared.',
    words: ['true', 'false'],
  }),
};

/** Tells the operator whether the statistics of an import can be trusted. */
export function checkRoutes(service: ChecksService): Route[] {
  return [
    {
      method: 'post',
      path: '/imports/{import_id}/check',
      access: SUPPLIERS,
      tag: 'Operation',
      summary: 'Check what the statistics are answered from',
      description:
        'Counts the import anew from its citizens and compares that with the counts that are kept; changes nothing. It ' +
        'goes in pieces beside all other work, and changes that come meanwhile are counted in. One check runs at a time. ' +
        '`svodka check` does this for all imports.',
      parameters: QUERY,
      success: {
        status: 200,
        description: 'What was compared, and what differs.',
        schema: data(checkSchema),
        example: { data: exampleCheck },
      },
      problems: [404, 409, 503],
      async handle(ctx) {
        const withDigest = readQuery(ctx, QUERY).digest === 'true';
        const check = await service.check(importIdFromPath(ctx.params), withDigest);
        setDataVersion(ctx, check.version);
        ctx.body = { data: check };
      },
    },
    {
      method: 'post',
      path: '/buckets/check',
      access: SUPPLIERS,
      tag: 'Operation',
      summary: 'Check that each bucket of a cluster is on one set',
      description:
        'A bucket can be active on two sets after a takeover that lost writes while it was moved. Changes nothing. ' +
        '`svodka check` does this too.',
      success: {
        status: 200,
        description: 'What was found.',
        schema: data(bucketCheckSchema),
        example: { data: exampleBuckets },
      },
      problems: [503],
      async handle(ctx) {
        ctx.body = { data: await service.checkBuckets() };
      },
    },
  ];
}
