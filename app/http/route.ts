import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { ServiceError } from '../errors.js';
import { setRoute } from './request_observer.js';

export type JsonSchema = { readonly [keyword: string]: unknown };

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

/** Something of a request that may be left out. */
export type OptionalParameter = { name: string; description: string; schema?: JsonSchema };

/** One path and method: how it is served and how it is described, in one place. */
export type Route = {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/imports/{import_id}/citizens`. */
  path: string;
  summary: string;
  description?: string;
  tag: string;
  query?: readonly OptionalParameter[];
  headers?: readonly OptionalParameter[];
  requestBody?: { schema: JsonSchema; example?: unknown; otherTypes?: OtherTypes };
  /** The answer when all is well; problems are the same everywhere and are added to each route. */
  success: AnswerKind;
  /** An answer of another status that is not a problem. */
  otherAnswer?: AnswerKind;
  /** Statuses of problems besides 500 that this route can answer. */
  problems: readonly number[];
  /** Of those, what can come in other content types too, by status. */
  otherProblems?: { readonly [status: number]: OtherTypes };
  middleware?: readonly Middleware[];
  handle(ctx: Context & { params: Record<string, string> }): Promise<void> | void;
};

/** What the router needs of a route: also the paths that the OpenAPI document does not tell of. */
export type ServedPath = Pick<Route, 'method' | 'path' | 'middleware' | 'handle'> & {
  /** What its requests are counted under; its path when missing. */
  countedAs?: string;
};

function parameterCount({ path }: ServedPath): number {
  return path.split('{').length;
}

function segmentCount(path: string): number {
  return path.split('/').length;
}

function createRouterOf(routes: readonly ServedPath[]): Middleware {
  const router = new Router({ strict: true, sensitive: true });
  // The first that matches serves: /citizens/birthdays is no citizen's id.
  const inOrder = routes.toSorted((a, b) => parameterCount(a) - parameterCount(b));
  for (const { method, path, middleware = [], handle, countedAs = path } of inOrder) {
    const name: Middleware = (ctx, next) => {
      setRoute(ctx, countedAs);
      return next();
    };
    // The router's own context type adds nothing that the handlers use.
    router[method](path.replaceAll(/\{(\w+)\}/g, ':$1'), name as never, ...(middleware as never[]), handle as never);
  }
  const serve = router.routes() as unknown as Middleware;
  const guard = router.allowedMethods() as unknown as Middleware;
  return async (ctx, next) => {
    await guard(ctx, () => serve(ctx, next));
    const allow = ctx.response.get('Allow');
    if (ctx.status === 405) {
      throw new ServiceError('METHOD_NOT_ALLOWED', `This path takes ${allow}.`, { headers: { Allow: allow } });
    }
    if (ctx.status === 501) throw new ServiceError('METHOD_NOT_IMPLEMENTED', 'The service knows no such method.');
  };
}

/**
 * Routes -> router. Paths are taken to the letter: no trailing slash, no other case. Unknown paths are left to the
 * caller; known paths with another method throw METHOD_NOT_ALLOWED with what is allowed.
 */
export function createRouter(routes: readonly ServedPath[]): Middleware {
  // The router tries every path it has: those of another length need not be tried (8% of a small GET's time).
  const routers = new Map(
    [...new Set(routes.map(({ path }) => segmentCount(path)))].map((length) => [
      length,
      createRouterOf(routes.filter(({ path }) => segmentCount(path) === length)),
    ]),
  );
  const noRoutes = createRouterOf([]);
  return (ctx, next) => (routers.get(segmentCount(ctx.path)) ?? noRoutes)(ctx, next);
}

/** The schema of a success: `{"data": ...}`. */
export function data(schema: JsonSchema): JsonSchema {
  return { type: 'object', required: ['data'], properties: { data: schema } };
}

/** A non-negative whole number; undefined for anything else, which then names nothing that exists. */
function toId(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}

/** @throws ServiceError IMPORT_NOT_FOUND for what is no id */
export function importIdFromPath(params: Record<string, string>): number {
  const id = toId(params['import_id']);
  if (id === undefined) throw new ServiceError('IMPORT_NOT_FOUND', 'No import has this id.');
  return id;
}

/** The id of a second import in the path. @throws ServiceError IMPORT_NOT_FOUND for what is no id */
export function otherImportIdFromPath(params: Record<string, string>): number {
  const id = toId(params['other_id']);
  if (id === undefined) throw new ServiceError('IMPORT_NOT_FOUND', 'No import has the second id.');
  return id;
}

/** @throws ServiceError CITIZEN_NOT_FOUND for what is no id */
export function citizenIdFromPath(params: Record<string, string>): number {
  const id = toId(params['citizen_id']);
  if (id === undefined) throw new ServiceError('CITIZEN_NOT_FOUND', 'No citizen has this id in this import.');
  return id;
}
