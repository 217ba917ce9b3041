const nullable = (type: 'integer' | 'string') => ({ type: [type, 'null'] });

/** One kept count that disagrees with the citizens. Fields that do not apply to its kind are null. */
const differenceSchema = {
  type: 'object',
  required: ['kind', 'town', 'birth_date', 'gender', 'month', 'citizen_id', 'difference'],
  properties: {
    kind: {
      type: 'string',
      enum: ['births', 'presents'],
      description: 'births: citizens by town, birth date and gender; presents: by month and who gives them.',
    },
    town: { ...nullable('string'), description: 'Of births; empty for the whole import.' },
    birth_date: { ...nullable('string'), description: 'Of births, DD.MM.YYYY.' },
    gender: { type: ['string', 'null'], enum: ['male', 'female', null] },
    month: { type: ['integer', 'null'], description: 'Of presents, 1 to 12.' },
    citizen_id: { ...nullable('integer'), description: 'Of presents: who gives them.' },
    difference: { type: 'integer', description: 'Counted anew minus kept; 0: its block of counts is out of order.' },
  },
} as const;

export const checkSchema = {
  type: 'object',
  required: ['import_id', 'version', 'citizens', 'counts', 'wrong_counts', 'differences', 'digest'],
  properties: {
    import_id: { type: 'integer' },
    version: { type: 'integer', description: 'Of the import, as it was compared.' },
    citizens: { type: 'integer', description: 'That were counted.' },
    counts: { type: 'integer', description: 'Kept ones, that were compared.' },
    wrong_counts: { type: 'integer', description: 'How many differ: 0 when all agree.' },
    differences: { type: 'array', maxItems: 100, items: differenceSchema, description: 'The first hundred of them.' },
    digest: {
      ...nullable('string'),
      description: 'SHA-256 over the citizens and their histories as they are stored; null unless it was asked for.',
    },
  },
} as const;

export const bucketCheckSchema = {
  type: 'object',
  required: ['buckets', 'sets', 'moving', 'doubled', 'missing'],
  properties: {
    buckets: { type: 'integer', description: 'Number of buckets; 0 for a single node.' },
    sets: { type: 'array', items: { type: 'string' }, description: 'The names of all sets.' },
    moving: { type: 'integer', description: 'Buckets on their way to another set.' },
    doubled: {
      type: 'array',
      description: 'Buckets that are active on several sets.',
      items: {
        type: 'object',
        required: ['bucket', 'holders'],
        properties: {
          bucket: { type: 'integer' },
          holders: {
            type: 'array',
            description: 'The sets, the one with the latest data first.',
            items: {
              type: 'object',
              required: ['set', 'generation'],
              properties: {
                set: { type: 'string' },
                generation: { type: 'integer', description: 'Grows with each move.' },
              },
            },
          },
        },
      },
    },
    missing: { type: 'array', items: { type: 'integer' }, description: 'Buckets that no set has.' },
  },
} as const;

export type BucketCheck = {
  buckets: number;
  sets: string[];
  moving: number;
  doubled: { bucket: number; holders: { set: string; generation: number }[] }[];
  missing: number[];
};

export type Difference = {
  kind: 'births' | 'presents';
  town: string | null;
  birth_date: string | null;
  gender: 'male' | 'female' | null;
  month: number | null;
  citizen_id: number | null;
  difference: number;
};

export type Check = {
  import_id: number;
  version: number;
  citizens: number;
  counts: number;
  wrong_counts: number;
  differences: Difference[];
  digest: string | null;
};
