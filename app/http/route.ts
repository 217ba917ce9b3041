import type { Context, Middleware } from 'koa';
import type { Access } from './access.js';
import type { JsonSchema } from './docs/json_schema.js';
import type { QueryParameters } from './query/query.js';

/** The schema of a body in some content type. */
type ContentKind = { schema: JsonSchema; example?: unknown };

/** Content types other than JSON. */
type OtherTypes = Readonly<Record<string, ContentKind>>;

/** `schema` is undefined if the response has no JSON. */
export type AnswerKind = {
  status: number;
  description: string;
  schema?: JsonSchema;
  example?: unknown;
  otherTypes?: OtherTypes;
};

/** An optional request header. */
export type OptionalHeader = { name: string; description: string; schema?: JsonSchema };

/** A path and method: its implementation and its description. */
export type Route = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In OpenAPI notation: `/imports/{import_id}/citizens`. */
  path: string;
  /** Whether the path is served with and without a trailing slash. By default it must match exactly. */
  slash?: 'either';
  /**
   * Whether the last path parameter takes the rest of the path, slashes included: `/files/{path}`. The handler gets it
   * percent-encoded, as it was sent.
   */
  takesRest?: boolean;
  /** Schemas of path parameters; parameters without one are ids, non-negative integers. */
  pathParameters?: Readonly<Record<string, JsonSchema>>;
  access: Access;
  summary: string;
  description?: string;
  tag: string;
  /** Parameters of the query string. Undeclared parameters are refused. */
  parameters?: QueryParameters;
  headers?: readonly OptionalHeader[];
  /** `schema` is undefined if the body has one of `otherTypes` only: a form with files, or arbitrary bytes. */
  requestBody?: { isOptional?: true; schema?: JsonSchema; example?: unknown; otherTypes?: OtherTypes };
  /** The success response. Problems are uniform and added to each route. */
  success: AnswerKind;
  /** Responses with other statuses that are not problems. */
  otherAnswer?: AnswerKind | readonly AnswerKind[];
  /** Statuses of problems that are specific to this route; openapi.ts adds those of every operation. */
  problems: readonly number[];
  /** Additional content types of these problems, by status. */
  otherProblems?: { readonly [status: number]: OtherTypes };
  /** The route reads stored data: it takes `max_staleness_ms`, and a replica may answer it (answers/staleness.ts). */
  mayBeStale?: boolean;
  /**
   * Id of the subject whose version the response has; a read with it takes `min_version` (answers/data_version.ts).
   * Returns undefined if the path has something else in the place of the id.
   */
  subjectOf?(params: Readonly<Record<string, string>>): number | undefined;
  middleware?: readonly Middleware[];
  handle(ctx: Context & { params: Record<string, string> }): Promise<void> | void;
};

/** The part of a route that the router needs; also for paths that the OpenAPI document omits. */
export type ServedPath = Pick<
  Route,
  'method' | 'path' | 'slash' | 'takesRest' | 'parameters' | 'middleware' | 'handle'
> & {
  /** `open` by default. */
  access?: Access;
  /** For browsers: links to pages acquire unknown parameters on their way (`utm_source`, `fbclid`). */
  takesAnyQuery?: boolean;
  /** Name under which requests are counted; the path by default. */
  countedAs?: string;
};

/** JSON Schema of a success response: `{"data": ...}`. */
export function data(schema: JsonSchema): JsonSchema {
  return { type: 'object', required: ['data'], properties: { data: schema } };
}
