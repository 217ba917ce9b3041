import fc from 'fast-check';
import type { Content, OpenApi, Operation, Parameter } from './document.js';
import { createSchemaValues } from './from_schema.js';
import { jsonDamage } from './json_damage.js';
import type { RequestParts } from './parts.js';
import type { Pool } from './pool.js';
import { requestDamage } from './request_damage.js';
import { contentTypeHeader, isJsonType, serialize } from './serialize.js';

/** A request is built when it is sent, from values that the service has returned so far. */
export type RequestRecipe = (pool: Pool) => RequestParts;

type Late<Value> = (pool: Pool) => Value;

/** Headers that any request may carry; whatever their values, the service must answer as documented. */
const COMMON_HEADERS: fc.Arbitrary<[string, string]> = fc.oneof(
  fc.tuple(
    fc.constant('Accept'),
    fc.constantFrom('*/*', 'application/json', 'text/csv', 'application/x-ndjson', 'text/html, text/csv;q=0.5', 'q=;'),
  ),
  fc.tuple(fc.constant('Accept-Encoding'), fc.constantFrom('gzip', 'br', 'gzip;q=0.5, br', 'identity', '*', 'zip;q=x')),
  fc.tuple(fc.constant('Prefer'), fc.constantFrom('early-hints', 'wait=5', 'tx=rollback', ';')),
  fc.tuple(fc.constant('Range'), fc.constantFrom('bytes=0-1', 'bytes=9-', 'lines=1')),
  fc.tuple(fc.constant('Connection'), fc.constantFrom('close', 'keep-alive')),
);

/** True in this many of 100 cases. */
function chance(percent: number): fc.Arbitrary<boolean> {
  return fc.nat(99).map((number) => number < percent);
}

export type RequestsOptions = {
  /** Values of parameters by name, which replace those from the schemas. */
  parameters?: Readonly<Record<string, fc.Arbitrary<string>>>;
  /** Called for a secret at each request, by kind of security scheme: `bearer`, `basic` (user:password), `apiKey`. */
  credentials?: Readonly<Record<string, () => string>>;
};

/** Recipes for requests to an operation, both as the document describes them and damaged. */
export function createRequests(
  document: OpenApi,
  { parameters: ownValues = {}, credentials = {} }: RequestsOptions = {},
) {
  const valuesOf = createSchemaValues(document);

  function parameterTexts({ name, schema = {}, example }: Parameter): fc.Arbitrary<Late<string>> {
    const own = ownValues[name];
    if (own !== undefined) return own.map((text) => () => text);
    const made = valuesOf(example === undefined ? schema : { ...schema, default: example }).map(String);
    const isClosed = schema['enum'] !== undefined || schema['const'] !== undefined;
    return fc.tuple(made, fc.nat(), chance(isClosed ? 0 : 85)).map(
      ([text, pick, fromPool]) =>
        (pool) =>
          fromPool ? (pool.take(name, pick) ?? text) : text,
    );
  }

  function bodies(content: Content): fc.Arbitrary<RequestParts['body']> {
    return fc.oneof(
      ...Object.entries(content).map(([mediaType, { schema = {}, example }]) => {
        const contentType = contentTypeHeader(mediaType);
        const any = valuesOf(schema);
        const values = example === undefined ? any : fc.oneof({ weight: 4, arbitrary: fc.constant(example) }, any);
        const isDamaged = chance(isJsonType(mediaType) ? 30 : 0);
        return fc.tuple(values, isDamaged, jsonDamage).map(([value, damages, damage]) => {
          const final = damages ? damage(value) : value;
          const bytes = serialize(mediaType, final, schema);
          return { contentType, bytes, ...(isJsonType(mediaType) && { value: final }) };
        });
      }),
    );
  }

  function securityHeaders({ securitySchemes, method, path }: Operation): [string, string][] {
    return securitySchemes.map(({ type, scheme = '', in: place, name = '' }): [string, string] => {
      const kind = type === 'http' ? scheme.toLowerCase() : type;
      const secret = credentials[kind]?.();
      if (secret === undefined) throw new Error(`${method} ${path} needs a credential for ${kind}: give the test one`);
      if (kind === 'bearer') return ['Authorization', `Bearer ${secret}`];
      if (kind === 'basic') return ['Authorization', `Basic ${Buffer.from(secret).toString('base64')}`];
      return place === 'cookie' ? ['Cookie', `${name}=${secret}`] : [name, secret];
    });
  }

  function whole(operation: Operation): fc.Arbitrary<RequestRecipe> {
    const { parameters, requestBody, securitySchemes } = operation;
    const chosen = fc.tuple(
      ...parameters.map((parameter) =>
        fc.tuple(chance(parameter.required ? 100 : 20), parameterTexts(parameter)).map(([isThere, text]) => ({
          parameter,
          text: isThere ? text : undefined,
        })),
      ),
    );
    const body = requestBody === undefined ? fc.constant(undefined) : bodies(requestBody.content);
    const common = fc.array(COMMON_HEADERS, { maxLength: 2 });
    const framing = fc.constantFrom<RequestParts['framing']>('length', 'length', 'chunked');
    const secured = fc.tuple(chance(90)).map(([isSecured]) => isSecured || securitySchemes.length === 0);
    return fc
      .tuple(chosen, body, common, chance(30), framing, secured)
      .map(([texts, madeBody, commonHeaders, hasCommon, madeFraming, isSecured]) => (pool: Pool) => {
        const given = texts.flatMap(({ parameter, text }) =>
          text === undefined ? [] : [{ ...parameter, text: text(pool) }],
        );
        const inPlace = (place: Parameter['in']) => given.filter((parameter) => parameter.in === place);
        const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
        // A header value can contain neither characters beyond latin1 nor line ends.
        const headerText = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '').trim();
        return {
          operation,
          path: Object.fromEntries(inPlace('path').map(({ name, text }) => [name, encoded(text)])),
          query: inPlace('query').map(({ name, text }) => [name, encoded(text)] as const),
          headers: [
            ...inPlace('header').map(({ name, text }) => [name, headerText(text)] as const),
            ...inPlace('cookie').map(({ name, text }) => ['Cookie', `${name}=${encoded(text)}`] as const),
            ...(isSecured ? securityHeaders(operation) : []),
            ...(hasCommon ? commonHeaders : []),
          ],
          body: madeBody,
          framing: madeFraming,
        };
      });
  }

  return {
    /** Requests as the document describes them; a third are damaged. */
    any(operation: Operation): fc.Arbitrary<RequestRecipe> {
      return fc.tuple(whole(operation), chance(35), requestDamage).map(([recipe, isDamaged, damage]) => (pool) => {
        const parts = recipe(pool);
        return isDamaged ? damage(parts) : parts;
      });
    },
  };
}
