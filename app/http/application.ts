import Koa from 'koa';
import type { Logger } from 'pino';
import { docsPaths } from './docs_page.js';
import type { HostCheck } from './host_check.js';
import { createOpenApi } from './openapi.js';
import { type RequestLogOptions, requestLog } from './request_log.js';
import type { RequestObserver } from './request_observer.js';
import type { Route, ServedPath } from './route.js';
import { createRouter } from './router.js';

export type ApplicationOptions = {
  routes: readonly Route[];
  /** Paths for browsers and operators, which the OpenAPI document does not tell of. */
  pages?: readonly ServedPath[];
  log: Logger;
  observer?: RequestObserver;
  hostCheck?: HostCheck;
  version: string;
  projectDir: string;
};

type Handler = ReturnType<Koa['callback']>;

/** Paths -> a handler for Node's HTTP server, which serves them and nothing else. */
export function createBareApplication(
  paths: readonly ServedPath[],
  log: Logger,
  options: RequestLogOptions = {},
): Handler {
  const app = new Koa();
  app.use(requestLog(log, options));
  app.use(createRouter(paths));
  // A client that leaves in the middle of an answer is in the request's own line already.
  app.on('error', (err) => log.debug({ err }, 'the answer could not be sent whole'));
  return app.callback();
}

/** Routes -> a handler for Node's HTTP server. */
export function createApplication({
  routes,
  pages = [],
  log,
  observer,
  hostCheck,
  version,
  projectDir,
}: ApplicationOptions): Handler {
  const docs = docsPaths(createOpenApi(routes, version), projectDir);
  return createBareApplication([...routes, ...pages, ...docs], log, { observer, hostCheck });
}
