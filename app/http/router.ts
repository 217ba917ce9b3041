import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { ServiceError } from '../errors.js';
import type { Authorize } from './access.js';
import { createQueryReader } from './query/query.js';
import { setRoute } from './requests/request_observer.js';
import type { ServedPath } from './route.js';

/** Methods that a path may take or refuse with 405; any other is answered 501 (RFC 9110, 15.6.2). */
const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

type Serve = (ctx: Context) => Promise<void> | void;

function segmentCount(path: string): number {
  return path.split('/').length;
}

/** The router's own context type adds nothing that the handlers use. */
function chain(served: ServedPath, authorize: Authorize): Serve {
  const { path, countedAs = path, access = 'open', parameters = {}, middleware = [], handle } = served;
  const read = served.takesAnyQuery ? () => {} : createQueryReader(parameters);
  const serve = middleware.reduceRight<Serve>(
    (next, each) => (ctx) => each(ctx, async () => next(ctx)),
    handle as Serve,
  );
  const readAndServe: Serve = (ctx) => {
    read(ctx);
    return serve(ctx);
  };
  return (ctx) => {
    setRoute(ctx, countedAs);
    if (access === 'public') return readAndServe(ctx);
    const decision = authorize(ctx, access);
    // Most decisions need no look at the database, and no turn of the event loop.
    return decision === undefined ? readAndServe(ctx) : decision.then(() => readAndServe(ctx));
  };
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

/** Serves every method of one path; methods that it does not take are refused with those that it takes. */
function servePath(routes: readonly ServedPath[], authorize: Authorize): Serve {
  const byMethod = new Map(routes.map((route) => [route.method.toUpperCase(), chain(route, authorize)]));
  const get = byMethod.get('GET');
  if (get !== undefined) byMethod.set('HEAD', get);
  const allow = allowedOf(routes);
  return (ctx) => {
    const serve = byMethod.get(ctx.method);
    if (serve !== undefined) return serve(ctx);
    if (ctx.method === 'OPTIONS') return answerOptions(ctx, allow);
    requireKnownMethod(ctx);
    throw new ServiceError('METHOD_NOT_ALLOWED', `This path takes ${allow}.`, { headers: { Allow: allow } });
  };
}

function requireKnownMethod(ctx: Context): void {
  if (KNOWN_METHODS.has(ctx.method)) return;
  throw new ServiceError('METHOD_NOT_IMPLEMENTED', 'The service knows no such method.');
}

function createRouterOf(routes: readonly ServedPath[], authorize: Authorize): Middleware {
  // A literal segment wins over a parameter for every method: /citizens/birthdays is no citizen's id.
  const router = new Router({ strict: true, sensitive: true, exclusive: 'specificity' });
  for (const path of new Set(routes.map((route) => route.path))) {
    const serve = servePath(
      routes.filter((route) => route.path === path),
      authorize,
    );
    router.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), serve as never);
  }
  return router.routes() as unknown as Middleware;
}

/** A path that may end in a slash is two. */
function withSlashes(route: ServedPath): readonly ServedPath[] {
  if (route.slash !== 'either') return [route];
  const path = route.path.replace(/\/$/, '');
  return [path, `${path}/`].map((each) => ({ ...route, path: each, countedAs: route.countedAs ?? route.path }));
}

/** Where nobody has to say who they are. */
const EVERYBODY: Authorize = () => {};

/**
 * Routes -> router. Paths are taken to the letter, but for a slash at the end where a route allows it. Unknown paths are left to the
 * caller. `OPTIONS *` is answered with the methods of all routes.
 * @throws ServiceError METHOD_NOT_ALLOWED on a known path, with the methods that it takes; METHOD_NOT_IMPLEMENTED
 */
export function createRouter(served: readonly ServedPath[], authorize: Authorize = EVERYBODY): Middleware {
  const routes = served.flatMap(withSlashes);
  // The router tries every path it has: those of another length need not be tried (8% of a small GET's time).
  const routers = new Map(
    [...new Set(routes.map(({ path }) => segmentCount(path)))].map((length) => [
      length,
      createRouterOf(
        routes.filter(({ path }) => segmentCount(path) === length),
        authorize,
      ),
    ]),
  );
  const allowAnywhere = allowedOf(routes);
  return (ctx, next) => {
    const passOn = () => {
      if (ctx.method === 'OPTIONS' && ctx.url === '*') return Promise.resolve(answerOptions(ctx, allowAnywhere));
      requireKnownMethod(ctx);
      return next();
    };
    const serve = routers.get(segmentCount(ctx.path));
    return serve === undefined ? passOn() : serve(ctx, passOn);
  };
}
