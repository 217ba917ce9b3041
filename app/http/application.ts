import Koa from 'koa';
import type { Logger } from 'pino';
import { docsPaths } from './docs_page.js';
import { createOpenApi } from './openapi.js';
import { requestLog } from './request_log.js';
import { createRouter, type Route } from './route.js';

export type ApplicationOptions = { routes: readonly Route[]; log: Logger; version: string; projectDir: string };

/** Routes -> a handler for Node's HTTP server. */
export function createApplication({
  routes,
  log,
  version,
  projectDir,
}: ApplicationOptions): ReturnType<Koa['callback']> {
  const app = new Koa();
  app.use(requestLog(log));
  app.use(createRouter([...routes, ...docsPaths(createOpenApi(routes, version), projectDir)]));
  // A client that leaves in the middle of an answer is in the request's own line already.
  app.on('error', (err) => log.debug({ err }, 'the answer could not be sent whole'));
  return app.callback();
}
