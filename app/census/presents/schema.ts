const presents = {
  type: 'array',
  items: {
    type: 'object',
    required: ['citizen_id', 'presents'],
    properties: { citizen_id: { type: 'integer', minimum: 0 }, presents: { type: 'integer', minimum: 1 } },
  },
} as const;

/** An answer always has all twelve. */
export const MONTHS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'] as const;

export const birthdaysSchema = {
  type: 'object',
  required: MONTHS,
  properties: Object.fromEntries(MONTHS.map((month) => [month, presents])),
} as const;

type Presents = { citizen_id: number; presents: number };
export type Birthdays = Record<(typeof MONTHS)[number], Presents[]>;
