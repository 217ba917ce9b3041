import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa, { type Context } from 'koa';
import type { Logger } from 'pino';
import type { Authorize, NeededRoles } from './access.js';
import { docsPaths } from './docs/docs_page.js';
import { createOpenApi } from './docs/openapi.js';
import type { HostCheck } from './host_check.js';
import { closeWithConnection } from './requests/answer_over.js';
import { type RequestLogOptions, requestLog } from './requests/request_log.js';
import type { RequestObserver } from './requests/request_observer.js';
import { ownerOf } from './requests/request_owner.js';
import type { Route, ServedPath } from './route.js';
import { createRouter } from './router.js';

export type ApplicationOptions = {
  routes: readonly Route[];
  /** Paths for browsers and operators, which the OpenAPI document does not tell of. */
  pages?: readonly ServedPath[];
  log: Logger;
  observer?: RequestObserver;
  hostCheck?: HostCheck;
  /** Who may use a route; without it everybody may. */
  rights?: { authorize: Authorize; neededRoles: NeededRoles };
  version: string;
  projectDir: string;
};

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Paths -> a handler for Node's HTTP server, which serves them and nothing else. */
export function createBareApplication(
  paths: readonly ServedPath[],
  log: Logger,
  { authorize, ...options }: RequestLogOptions & { authorize?: Authorize | undefined } = {},
): Handler {
  const app = new Koa();
  app.use(requestLog(log, options));
  app.use(createRouter(paths, authorize));
  // What fails behind the middleware: a body that cannot be made JSON, a stream that breaks, a client that leaves.
  app.context.onerror = function onError(this: Context, reason: unknown) {
    if (reason !== null && reason !== undefined) ownerOf(this).fail(reason);
  };
  const serve = app.callback();
  return (request, response) => {
    closeWithConnection(request, response);
    void serve(request, response);
  };
}

/** Routes -> a handler for Node's HTTP server. */
export function createApplication({
  routes,
  pages = [],
  log,
  observer,
  hostCheck,
  rights,
  version,
  projectDir,
}: ApplicationOptions): Handler {
  const docs = docsPaths(createOpenApi(routes, version, rights?.neededRoles), projectDir);
  return createBareApplication([...routes, ...pages, ...docs], log, {
    observer,
    hostCheck,
    authorize: rights?.authorize,
  });
}
