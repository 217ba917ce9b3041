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

const gender = { type: 'string', enum: ['female', 'male'] } as const;

export const percentilesRowSchema = {
  type: 'object',
  required: ['town'],
  properties: { town: { type: 'string' }, gender },
  patternProperties: { '^p[0-9]': { type: 'number' } },
  additionalProperties: false,
} as const;

export const agesRowSchema = {
  type: 'object',
  required: ['age', 'citizens'],
  properties: { age: { type: 'integer', minimum: 0 }, gender, citizens: { type: 'integer', minimum: 1 } },
} as const;

/** The columns of what is computed have the names that the client gives them. */
export const statsRowSchema = {
  type: 'object',
  properties: { import: { type: 'integer' }, town: { type: 'string' }, gender, age: { type: 'integer', minimum: 0 } },
  additionalProperties: { type: ['number', 'null'] },
} as const;

/** Without parameters. */
export type TownPercentiles = { town: string; p50: number; p75: number; p99: number };
