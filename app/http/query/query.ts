import type { Context } from 'koa';
import type { Violation } from '../../errors.js';
import type { JsonSchema } from '../docs/json_schema.js';
import { createViolationList, invalidInput, pointerBelow, type ViolationList } from '../violations.js';
import { parseQueryString } from './query_string.js';

export type Refuse = (fault: Pick<Violation, 'code' | 'detail'>) => void;

/** A query parameter, used both for reading and for OpenAPI. */
export type Parameter<Value> = {
  /** Name in the URL. */
  name: string;
  description: string;
  schema: JsonSchema;
  isRequired?: boolean;
  /** The value if the parameter is missing. */
  whenMissing: Value;
  /** Parses the decoded text. Faults are passed to `refuse`; the result is then ignored. */
  read(text: string, refuse: Refuse): Value | undefined;
};

/** The parameters of a route, keyed by the names that its handler uses. */
export type QueryParameters = Readonly<Record<string, Parameter<unknown>>>;

/** Values of the parameters, as the handler gets them. */
export type QueryValues<Declared extends QueryParameters> = {
  readonly [Key in keyof Declared]: Declared[Key] extends Parameter<infer Value> ? Value : never;
};

/** List of faults of a query string; `consequence` is a sentence of the error message. */
export function createQueryFaults(consequence = 'Nothing was read.'): ViolationList {
  return createViolationList(consequence);
}

/** @throws ServiceError INVALID_INPUT when the list has any fault */
export function throwIfWrong(list: ViolationList): void {
  if (list.count() > 0) throw invalidInput(list);
}

function readOne(parameter: Parameter<unknown>, given: readonly string[] | undefined, list: ViolationList): unknown {
  const { name, isRequired, whenMissing } = parameter;
  const refuse: Refuse = (fault) => list.add({ pointer: pointerBelow('/query', name), ...fault });
  if (given === undefined) {
    if (isRequired) refuse({ code: 'REQUIRED', detail: 'is required' });
    return whenMissing;
  }
  if (given.length === 1) return parameter.read(given[0] as string, refuse);
  refuse({ code: 'NOT_ALLOWED', detail: 'must be given once' });
  return whenMissing;
}

/** Parameter values by name in the URL. */
type ReadValues = ReadonlyMap<string, unknown>;

function readAll(text: string, parameters: readonly Parameter<unknown>[], consequence: string): ReadValues {
  const list = createQueryFaults(consequence);
  const given = parseQueryString(text);
  const known = new Set(parameters.map(({ name }) => name));
  for (const name of given.keys()) {
    if (known.has(name)) continue;
    const takes = known.size === 0 ? 'this path takes none' : `this path takes ${[...known].join(', ')}`;
    list.add({ pointer: pointerBelow('/query', name), code: 'UNKNOWN_FIELD', detail: `is not known: ${takes}` });
  }
  const values = new Map(
    parameters.map((parameter) => [parameter.name, readOne(parameter, given.get(parameter.name), list)]),
  );
  throwIfWrong(list);
  return values;
}

/**
 * Creates a function that reads the query string of a request and keeps the values for `readQuery`. That function
 * throws ServiceError INVALID_INPUT with a pointer below /query for each undeclared parameter, repeated parameter and
 * invalid value; or INVALID_UTF8.
 */
export function createQueryReader(declared: QueryParameters): (ctx: Context) => void {
  const parameters = Object.values(declared);
  const withoutQuery: ReadValues = new Map(parameters.map(({ name, whenMissing }) => [name, whenMissing]));
  const isAnyRequired = parameters.some(({ isRequired }) => isRequired);
  return (ctx) => {
    const text = ctx.querystring;
    const consequence = ctx.method === 'GET' || ctx.method === 'HEAD' ? 'Nothing was read.' : 'Nothing was stored.';
    ctx.state['query'] = text === '' && !isAnyRequired ? withoutQuery : readAll(text, parameters, consequence);
  };
}

/** Values of parameters that the route declares. */
export function readQuery<Declared extends QueryParameters>(
  { state }: Context,
  parameters: Declared,
): QueryValues<Declared> {
  const read = state['query'] as ReadValues;
  const values: Record<string, unknown> = {};
  for (const key in parameters) {
    const { name } = parameters[key] as Parameter<unknown>;
    if (!read.has(name)) throw new Error(`the route does not declare the parameter ${name}`);
    values[key] = read.get(name);
  }
  return values as QueryValues<Declared>;
}
