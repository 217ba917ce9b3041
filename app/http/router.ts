import { Router } from '@koa/router';
import type { Context, Middleware, Next } from 'koa';
import { LRUCache } from 'lru-cache';
import { ServiceError } from '../errors.js';
import type { Authorize } from './access.js';
import { createQueryReader } from './query/query.js';
import { createRepeats, type Repeats } from './requests/repeats.js';
import { setRoute } from './requests/request_observer.js';
import type { ServedPath } from './route.js';

/** Methods that a path may support or refuse with 405; any other method gets 501 (RFC 9110, 15.6.2). */
const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

type Serve = (ctx: Context) => Promise<void> | void;

function segmentCount(path: string): number {
  return path.split('/').length;
}

/** Recently found paths with their parameters: dashboards and programs request few paths again and again. */
type FoundPaths = LRUCache<string, { serve: Serve; params: Readonly<Record<string, string>> }>;

const MAX_FOUND_PATHS = 2_000;
const MAX_FOUND_PATH_LENGTH = 200;

/** What all routes of a router share. */
type Common = { authorize: Authorize; repeats: Repeats; found: FoundPaths };

/** The router's own context type adds nothing that the handlers use. */
function chain(served: ServedPath, { authorize, repeats }: Common): Serve {
  const { path, countedAs = path, access = 'open', parameters = {}, middleware = [], handle } = served;
  const read = served.takesAnyQuery ? () => {} : createQueryReader(parameters);
  const serve = middleware.reduceRight<Serve>(
    (next, each) => (ctx) => each(ctx, async () => next(ctx)),
    handle as Serve,
  );
  function admit(ctx: Context, work: Serve): Promise<void> | void {
    setRoute(ctx, countedAs);
    if (access === 'public') return work(ctx);
    const decision = authorize(ctx, access);
    // Most decisions need no database access, so awaiting would only cost a turn of the event loop.
    return decision === undefined ? work(ctx) : decision.then(() => work(ctx));
  }
  async function readAndServe(ctx: Context): Promise<void> {
    read(ctx);
    await serve(ctx);
    repeats.note(ctx, admit);
  }
  return (ctx) => admit(ctx, readAndServe);
}

function answerOptions(ctx: Context, allow: string): void {
  ctx.set('Allow', allow);
  ctx.status = 204;
}

function allowedOf(routes: readonly ServedPath[]): string {
  const methods = new Set(
    routes.flatMap(({ method }) => (method === 'get' ? ['HEAD', 'GET'] : [method.toUpperCase()])),
  );
  return [...methods].join(', ');
}

/** Serves all methods of one path; unsupported methods get 405 with the supported ones. */
function servePath(routes: readonly ServedPath[], common: Common): Serve {
  const byMethod = new Map(routes.map((route) => [route.method.toUpperCase(), chain(route, common)]));
  const get = byMethod.get('GET');
  if (get !== undefined) byMethod.set('HEAD', get);
  const allow = allowedOf(routes);
  return (ctx) => {
    const serve = byMethod.get(ctx.method);
    if (serve !== undefined) return serve(ctx);
    if (ctx.method === 'OPTIONS') return answerOptions(ctx, allow);
    requireKnownMethod(ctx);
    throw new ServiceError('METHOD_NOT_ALLOWED', `This path supports ${allow}.`, { headers: { Allow: allow } });
  };
}

function requireKnownMethod(ctx: Context): void {
  if (KNOWN_METHODS.has(ctx.method)) return;
  throw new ServiceError('METHOD_NOT_IMPLEMENTED', 'The service does not implement this method.');
}

/** `/files/{path}` -> `/files/` and `path`, if the last parameter of the path takes the rest of the URL. */
function wildcardOf({ path, takesRest }: ServedPath): { prefix: string; name: string } | undefined {
  const [, prefix, name] = /^(.*\/)\{(\w+)\}$/.exec(path) ?? [];
  return takesRest === true && prefix !== undefined && name !== undefined ? { prefix, name } : undefined;
}

type Wildcard = { prefix: string; serve(ctx: Context): Promise<void> | void };

/** The rest of the URL is passed on as it was sent, percent-encoded; it has at least one character. */
function createWildcards(routes: readonly ServedPath[], common: Common): Wildcard[] {
  return [...new Set(routes.map(({ path }) => path))].map((path) => {
    const own = routes.filter((route) => route.path === path);
    const { prefix, name } = wildcardOf(own[0] as ServedPath) as { prefix: string; name: string };
    const serve = servePath(own, common);
    return {
      prefix,
      serve(ctx) {
        (ctx as Context & { params: Record<string, string> }).params = { [name]: ctx.path.slice(prefix.length) };
        return serve(ctx);
      },
    };
  });
}

function createRouterOf(routes: readonly ServedPath[], common: Common): Middleware {
  // Literal segments take precedence over parameters for every method: /citizens/birthdays is not a citizen id.
  const router = new Router({ strict: true, sensitive: true, exclusive: 'specificity' });
  for (const path of new Set(routes.map((route) => route.path))) {
    const serve = servePath(
      routes.filter((route) => route.path === path),
      common,
    );
    const rememberAndServe: Serve = (ctx) => {
      const { path: found, params } = ctx as Context & { params: Record<string, string> };
      if (found.length <= MAX_FOUND_PATH_LENGTH) common.found.set(found, { serve, params });
      return serve(ctx);
    };
    router.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), rememberAndServe as never);
  }
  return router.routes() as unknown as Middleware;
}

/** Splits a path with an optional trailing slash into two. */
function withSlashes(route: ServedPath): readonly ServedPath[] {
  if (route.slash !== 'either') return [route];
  const path = route.path.replace(/\/$/, '');
  return [path, `${path}/`].map((each) => ({ ...route, path: each, countedAs: route.countedAs ?? route.path }));
}

/** Used when there is no access control. */
const EVERYBODY: Authorize = () => {};

/**
 * Creates a router. Paths must match exactly, except for a trailing slash where a route allows it and for the rest of
 * the URL where a route takes it. An exact path precedes one that takes the rest. Unknown paths are passed on to the
 * caller. `OPTIONS *` is answered with the methods of all routes.
 * @throws ServiceError METHOD_NOT_ALLOWED on a known path, with the methods it supports; METHOD_NOT_IMPLEMENTED
 */
export function createRouter(served: readonly ServedPath[], authorize: Authorize = EVERYBODY): Middleware {
  const found: FoundPaths = new LRUCache({ max: MAX_FOUND_PATHS });
  const common = { authorize, repeats: createRepeats(), found };
  const wildcards = createWildcards(
    served.filter((route) => wildcardOf(route) !== undefined),
    common,
  );
  const routes = served.filter((route) => wildcardOf(route) === undefined).flatMap(withSlashes);
  // The router tries every path in turn; grouping by length avoids useless attempts (8% of the time of a small GET).
  const routers = new Map(
    [...new Set(routes.map(({ path }) => segmentCount(path)))].map((length) => [
      length,
      createRouterOf(
        routes.filter(({ path }) => segmentCount(path) === length),
        common,
      ),
    ]),
  );
  const allowAnywhere = allowedOf(served);
  function serveRest(ctx: Context, next: Next): Promise<unknown> {
    const wildcard = wildcards.find(({ prefix }) => ctx.path.length > prefix.length && ctx.path.startsWith(prefix));
    return wildcard === undefined ? next() : Promise.resolve(wildcard.serve(ctx));
  }
  async function route(ctx: Context, next: Next): Promise<void> {
    // The router tries every path of a length in turn, and builds a chain of functions for each request: 5% of the time of a PATCH.
    const known = found.get(ctx.path);
    if (known !== undefined) {
      (ctx as Context & { params: Readonly<Record<string, string>> }).params = known.params;
      return known.serve(ctx);
    }
    const passOn = () => {
      if (ctx.method === 'OPTIONS' && ctx.url === '*') return Promise.resolve(answerOptions(ctx, allowAnywhere));
      requireKnownMethod(ctx);
      return serveRest(ctx, next);
    };
    const serve = routers.get(segmentCount(ctx.path));
    await (serve === undefined ? passOn() : serve(ctx, passOn));
  }
  return (ctx, next) => common.repeats.serve(ctx, () => route(ctx, next));
}
