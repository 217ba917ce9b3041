import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonSchema } from '../http/docs/json_schema.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import type { Method } from './method.js';

/** The schema of a method's params: by name, and no others. */
export function paramsSchema({ params }: Pick<Method<never>, 'params'>): JsonSchema {
  return {
    type: 'object',
    required: params.filter(({ required }) => required).map(({ name }) => name),
    properties: Object.fromEntries(params.map(({ name, schema }) => [name, schema])),
    additionalProperties: false,
  };
}

export type CheckParams = (params: unknown) => Record<string, unknown>;

/**
 * Compiles the params of a method. The function answers them with their defaults filled in.
 * @throws ServiceError INVALID_INPUT with pointers into params
 */
export function compileParams(method: Pick<Method<never>, 'params'>): CheckParams {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: false });
  const isValid = ajv.compile(paramsSchema(method));
  return (params) => {
    const given = params ?? {};
    if (isValid(given)) return given as Record<string, unknown>;
    const list = createViolationList('Nothing was done.');
    for (const error of isValid.errors ?? []) list.add(toViolation(error, ''));
    throw invalidInput(list);
  };
}
