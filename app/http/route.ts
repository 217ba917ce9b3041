import type { Context, Middleware } from 'koa';
import type { Access } from './access.js';
import type { JsonSchema } from './docs/json_schema.js';
import type { QueryParameters } from './query/query.js';

/** What a body of some content type looks like. */
export type ContentKind = { schema: JsonSchema; example?: unknown };

/** The same in content types other than JSON, by type. */
export type OtherTypes = Readonly<Record<string, ContentKind>>;

/** Without a schema: an answer that has no JSON. */
export type AnswerKind = {
  status: number;
  description: string;
  schema?: JsonSchema;
  example?: unknown;
  otherTypes?: OtherTypes;
};

/** A header of a request that may be left out. */
export type OptionalHeader = { name: string; description: string; schema?: JsonSchema };

/** One path and method: how it is served and how it is described, in one place. */
export type Route = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/imports/{import_id}/citizens`. */
  path: string;
  /** The path is served with and without a slash at its end; otherwise to the letter. */
  slash?: 'either';
  /** Schemas of the path's parameters; one that is not named is an id, a non-negative whole number. */
  pathParameters?: Readonly<Record<string, JsonSchema>>;
  access: Access;
  summary: string;
  description?: string;
  tag: string;
  /** Of the query string. No other is taken: without them none is. */
  parameters?: QueryParameters;
  headers?: readonly OptionalHeader[];
  /** Without a schema: the body is in none but `otherTypes`, a form with files or any bytes. */
  requestBody?: { schema?: JsonSchema; example?: unknown; otherTypes?: OtherTypes };
  /** The answer when all is well; problems are the same everywhere and are added to each route. */
  success: AnswerKind;
  /** An answer of another status that is not a problem. */
  otherAnswer?: AnswerKind;
  /** Statuses of problems that this route can answer besides those of every operation (openapi.ts). */
  problems: readonly number[];
  /** Of those, what can come in other content types too, by status. */
  otherProblems?: { readonly [status: number]: OtherTypes };
  /** It reads stored data, so it takes `max_staleness_ms`, and a replica may answer it (answers/staleness.ts). */
  mayBeStale?: boolean;
  /**
   * The id of the subject whose version the answer is of: such a read takes `min_version` (answers/data_version.ts).
   * undefined: the path has something else in the place of the id.
   */
  subjectOf?(params: Readonly<Record<string, string>>): number | undefined;
  middleware?: readonly Middleware[];
  handle(ctx: Context & { params: Record<string, string> }): Promise<void> | void;
};

/** What the router needs of a route: also the paths that the OpenAPI document does not tell of. */
export type ServedPath = Pick<Route, 'method' | 'path' | 'slash' | 'parameters' | 'middleware' | 'handle'> & {
  /** `open` when missing. */
  access?: Access;
  /** For browsers: links to pages get parameters on their way that nobody here knows (`utm_source`, `fbclid`). */
  takesAnyQuery?: boolean;
  /** What its requests are counted under; its path when missing. */
  countedAs?: string;
};

/** The schema of a success: `{"data": ...}`. */
export function data(schema: JsonSchema): JsonSchema {
  return { type: 'object', required: ['data'], properties: { data: schema } };
}
