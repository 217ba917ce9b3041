import type { Operation, Parameter, SchemaCheck } from './document.js';
import { isJsonType } from './serialize.js';
import type { WireRequest } from './wire.js';

/** A request before serialization. */
export type RequestParts = {
  operation: Operation;
  /** The Host header, if not the service's own. */
  host?: string;
  /** Already percent-encoded, like the values of `query`. */
  path: Readonly<Record<string, string>>;
  query: readonly (readonly [name: string, value: string])[];
  headers: readonly (readonly [name: string, value: string])[];
  /** `value`: the value that the bytes encode, if they are JSON. */
  body?: { contentType: string | undefined; bytes: Buffer; value?: unknown } | undefined;
  framing: WireRequest['framing'];
};

export function toWire(parts: RequestParts, host: string): WireRequest {
  const { operation, path, query, headers, body, framing } = parts;
  const target = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => path[name] ?? '');
  const question = query.map(([name, value]) => `${name}=${value}`).join('&');
  const contentType = body?.contentType === undefined ? [] : ([['Content-Type', body.contentType]] as const);
  return {
    method: operation.method,
    target: question === '' ? target : `${target}?${question}`,
    headers: [['Host', parts.host ?? host], ...contentType, ...headers],
    body: body?.bytes,
    framing,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** Converts a query or path parameter for validation against its schema. */
function typed(text: string, type: unknown): unknown {
  if (type !== 'integer' && type !== 'number') return type === 'boolean' ? text === 'true' || text === 'false' : text;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function breaks({ schema = {} }: Parameter, text: string | undefined, check: SchemaCheck): boolean {
  if (text === undefined) return true;
  const value = typed(text, schema['type']);
  const isBoolean = schema['type'] === 'boolean';
  return isBoolean ? value === false : check(schema, value) !== undefined;
}

/**
 * Why the service must refuse a request according to the document; undefined if it may accept it. Rules that the
 * document cannot express (relations between citizens, unknown ids) are not checked.
 */
export function reasonToRefuse({ operation, path, query, body }: RequestParts, check: SchemaCheck): string | undefined {
  const parametersIn = (place: Parameter['in']) => operation.parameters.filter((parameter) => parameter.in === place);
  for (const parameter of parametersIn('path')) {
    if (breaks(parameter, decoded(path[parameter.name] ?? ''), check)) return `{${parameter.name}} breaks its schema`;
  }
  const names = query.map(([name]) => name);
  const known = parametersIn('query');
  for (const [name, text] of query) {
    const parameter = known.find((one) => one.name === name);
    if (parameter === undefined) return `?${name}= is not described`;
    const isList = parameter.schema?.['type'] === 'array';
    if (!isList && names.indexOf(name) !== names.lastIndexOf(name)) return `?${name}= is there twice`;
    if (!isList && breaks(parameter, decoded(text), check)) return `?${name}= breaks its schema`;
  }
  for (const { name, required } of known) if (required && !names.includes(name)) return `?${name}= is missing`;
  if (operation.requestBody?.required && body === undefined) return 'the body is missing';
  if (body?.contentType === undefined || !isJsonType(body.contentType) || !('value' in body)) return undefined;
  const schema = operation.requestBody?.content['application/json']?.schema;
  const fault = schema === undefined ? undefined : check(schema, body.value);
  return fault === undefined ? undefined : `the body breaks its schema: ${fault}`;
}
