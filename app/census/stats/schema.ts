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

/** Clients name the computed columns. */
export const statsRowSchema = {
  type: 'object',
  properties: { import: { type: 'integer' }, town: { type: 'string' }, gender, age: { type: 'integer', minimum: 0 } },
  additionalProperties: { type: ['number', 'null'] },
} as const;

/** A row of percentiles when the request has no parameters. */
export type TownPercentiles = { town: string; p50: number; p75: number; p99: number };
