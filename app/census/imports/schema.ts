import { citizenSchema } from '../citizens/schema.js';

export const importSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['citizens'],
  properties: { citizens: { type: 'array', items: citizenSchema } },
} as const;
