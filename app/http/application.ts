import Koa from 'koa';
import type { Logger } from 'pino';
import { docsPaths } from './docs_page.js';
import { createOpenApi } from './openapi.js';
import { requestLog } from './request_log.js';
import { createRouter, type Route, type ServedPath } from './route.js';

export type ApplicationOptions = {
  routes: readonly Route[];
  /** Paths for browsers, which the OpenAPI document does not tell of. */
  pages?: readonly ServedPath[];
  log: Logger;
  version: string;
  projectDir: string;
};

/** Routes -> a handler for Node's HTTP server. */
export function createApplication({
  routes,
  pages = [],
  log,
  version,
  projectDir,
}: ApplicationOptions): ReturnType<Koa['callback']> {
  const app = new Koa();
  app.use(requestLog(log));
  app.use(createRouter([...routes, ...pages, ...docsPaths(createOpenApi(routes, version), projectDir)]));
  // A client that leaves in the middle of an answer is in the request's own line already.
  app.on('error', (err) => log.debug({ err }, 'the answer could not be sent whole'));
  return app.callback();
}
