import { randomUUID } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { ServiceError } from '../errors.js';
import type { HostCheck } from './host_check.js';
import { NO_STORE, sendProblem, toServiceError } from './problem.js';
import { type RequestObserver, routeOf } from './request_observer.js';

/** An id from a proxy in front is kept when it is harmless in logs and headers. */
const ACCEPTED_REQUEST_ID = /^[\w.:-]{1,64}$/;

function requestIdOf(ctx: Context): string {
  const given = ctx.get('X-Request-Id');
  return ACCEPTED_REQUEST_ID.test(given) ? given : randomUUID();
}

/** undefined when what was asked for cannot be read as a path: Node's parser throws at `GET http://[`. */
function pathOf(ctx: Context): string | undefined {
  try {
    return ctx.path;
  } catch {
    return undefined;
  }
}

export type RequestLogOptions = {
  /** Notified of each request. */
  observer?: RequestObserver | undefined;
  hostCheck?: HostCheck | undefined;
};

/**
 * The outermost middleware: gives each request its id, refuses those for another host, turns what is thrown into a
 * problem, and logs one line a request when its answer is out. A 5xx is logged once, whole, with that id.
 */
export function requestLog(log: Logger, { observer, hostCheck }: RequestLogOptions = {}): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(ctx);
    const path = pathOf(ctx);
    ctx.set('X-Request-Id', requestId);
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Cache-Control', NO_STORE);

    observer?.begun();

    let failure: ServiceError | undefined;
    ctx.res.once('close', () => {
      if (!ctx.res.writableFinished) observer?.cutOff();
      const line = {
        requestId,
        method: ctx.method,
        path,
        status: ctx.res.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        // Cut off: the client left before it had the answer.
        ...(ctx.res.writableFinished ? {} : { cutOff: true }),
        ...(failure && { code: failure.code }),
      };
      if (failure?.code === 'INTERNAL') log.error({ ...line, err: failure.cause ?? failure }, 'request failed');
      else if (ctx.res.statusCode >= 500 && ctx.res.statusCode !== 501)
        log.warn({ ...line, detail: failure?.message }, 'request failed');
      else log.info(line, 'request');
    });

    try {
      if (path === undefined) throw new ServiceError('BAD_REQUEST', 'What the request asks for is not a valid path.');
      hostCheck?.(ctx.req);
      await next();
      if (ctx.status === 404 && ctx.body == null) {
        throw new ServiceError('NOT_FOUND', 'There is nothing at this path; /docs lists what there is.');
      }
    } catch (thrown) {
      failure = toServiceError(thrown);
      sendProblem(ctx, failure, requestId);
    } finally {
      observer?.answered({
        method: ctx.method,
        route: routeOf(ctx),
        status: ctx.status,
        seconds: (performance.now() - startedAt) / 1000,
        code: failure?.code,
      });
    }
  };
}
