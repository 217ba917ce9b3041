import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa, { type Context } from 'koa';
import type { Logger } from 'pino';
import type { Authorize, NeededRoles } from './access.js';
import { type DocsSection, docsPaths } from './docs/docs_page.js';
import { createOpenApi } from './docs/openapi.js';
import type { HostCheck } from './host_check.js';
import { closeWithConnection } from './requests/answer_over.js';
import { type RequestLogOptions, requestLog } from './requests/request_log.js';
import type { RequestObserver } from './requests/request_observer.js';
import { ownerOf } from './requests/request_owner.js';
import type { Route, ServedPath } from './route.js';
import { createRouter } from './router.js';

type ApplicationOptions = {
  routes: readonly Route[];
  /** Paths for browsers and operators, which the OpenAPI document omits. */
  pages?: readonly ServedPath[];
  log: Logger;
  observer?: RequestObserver;
  hostCheck?: HostCheck;
  /** Access control; without it every route is open to everybody. */
  rights?: { authorize: Authorize; neededRoles: NeededRoles };
  version: string;
  projectDir: string;
  /** Shown at /docs below the routes. */
  docsSections?: readonly DocsSection[];
};

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Creates a request handler for Node's HTTP server that serves these paths only. */
export function createBareApplication(
  paths: readonly ServedPath[],
  log: Logger,
  { authorize, ...options }: RequestLogOptions & { authorize?: Authorize | undefined } = {},
): Handler {
  const app = new Koa();
  app.use(requestLog(log, options));
  app.use(createRouter(paths, authorize));
  // Handles errors outside the middleware: a body that cannot be serialized, a broken stream, a client that leaves.
  app.context.onerror = function onError(this: Context, reason: unknown) {
    if (reason !== null && reason !== undefined) ownerOf(this).fail(reason);
  };
  const serve = app.callback();
  return (request, response) => {
    closeWithConnection(request, response);
    void serve(request, response);
  };
}

/** Creates a request handler for Node's HTTP server, including the documentation paths. */
export function createApplication({
  routes,
  pages = [],
  log,
  observer,
  hostCheck,
  rights,
  version,
  projectDir,
  docsSections,
}: ApplicationOptions): Handler {
  const docs = docsPaths(createOpenApi(routes, version, rights?.neededRoles), projectDir, docsSections);
  return createBareApplication([...routes, ...pages, ...docs], log, {
    observer,
    hostCheck,
    authorize: rights?.authorize,
  });
}
