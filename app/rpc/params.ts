import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Violation } from '../errors.js';
import type { JsonSchema } from '../http/docs/json_schema.js';
import { addTextKeywords } from '../http/schema_keywords.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import { findUnstorable } from './json_limits.js';
import type { Method } from './method.js';

/** The schema of a method's params: by name, and no others. */
function paramsSchema({ params }: Pick<Method<never>, 'params'>): JsonSchema {
  return {
    type: 'object',
    required: params.filter(({ required }) => required).map(({ name }) => name),
    properties: Object.fromEntries(params.map(({ name, schema }) => [name, schema])),
    additionalProperties: false,
  };
}

/** `params`: an object or a list, or undefined when the request has none. */
type CheckParams = (params: unknown) => Record<string, unknown>;

function refuse(violation: Violation): never {
  const list = createViolationList('Nothing was done.');
  list.add(violation);
  throw invalidInput(list);
}

/** An empty list is what many clients send for no params. */
function byName(params: unknown): Record<string, unknown> {
  if (!Array.isArray(params)) return (params ?? {}) as Record<string, unknown>;
  if (params.length === 0) return {};
  return refuse({ pointer: '', code: 'WRONG_TYPE', detail: 'must be an object: parameters are passed by name' });
}

/**
 * Compiles the params of a method. The function returns a copy of them in which params that are absent have the
 * `default` of their schema; Ajv's `useDefaults` would write into what was sent, and into members of members too.
 * @throws ServiceError INVALID_INPUT with pointers into params
 */
export function compileParams(method: Pick<Method<never>, 'params' | 'faults'>): CheckParams {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addTextKeywords(ajv);
  const isValid = ajv.compile(paramsSchema(method));
  const defaults = method.params.flatMap(({ name, schema }) =>
    schema['default'] === undefined ? [] : [[name, schema['default']] as const],
  );
  return (given) => {
    const params = byName(given);
    // Before the schema, whose walk would go as deep.
    const fault = findUnstorable(params);
    if (fault !== undefined) refuse({ ...fault, code: 'OUT_OF_RANGE' });
    const list = createViolationList('Nothing was done.');
    if (!isValid(params)) for (const error of isValid.errors ?? []) list.add(toViolation(error, ''));
    for (const violation of method.faults?.(params) ?? []) list.add(violation);
    if (list.count() > 0) throw invalidInput(list);
    return { ...Object.fromEntries(structuredClone(defaults)), ...params };
  };
}
