const presents = {
  type: 'array',
  items: {
    type: 'object',
    required: ['citizen_id', 'presents'],
    properties: { citizen_id: { type: 'integer', minimum: 0 }, presents: { type: 'integer', minimum: 1 } },
  },
} as const;

/** All twelve are always there. */
export const MONTHS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'] as const;

export const birthdaysSchema = {
  type: 'object',
  required: MONTHS,
  properties: Object.fromEntries(MONTHS.map((month) => [month, presents])),
} as const;

export type Presents = { citizen_id: number; presents: number };
export type Birthdays = Record<(typeof MONTHS)[number], Presents[]>;

export const townPercentilesSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['town', 'p50', 'p75', 'p99'],
    properties: {
      town: { type: 'string' },
      p50: { type: 'number' },
      p75: { type: 'number' },
      p99: { type: 'number' },
    },
  },
} as const;

export type TownPercentiles = { town: string; p50: number; p75: number; p99: number };
