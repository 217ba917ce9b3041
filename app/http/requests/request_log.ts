import { randomUUID } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { ServiceError } from '../../errors.js';
import { runOwned } from '../../faults.js';
import type { HostCheck } from '../host_check.js';
import { answerNow, sendProblem, setCommonHeaders, toServiceError } from '../problem.js';
import { type RequestObserver, routeOf } from './request_observer.js';
import { setOwner } from './request_owner.js';

/** The request id of a proxy is kept if it is safe in logs and headers. */
const ACCEPTED_REQUEST_ID = /^[\w.:-]{1,64}$/;

function requestIdOf(ctx: Context): string {
  const given = ctx.get('X-Request-Id');
  return ACCEPTED_REQUEST_ID.test(given) ? given : randomUUID();
}

/** undefined if the target of the request is not a valid path: Node's URL parser throws on `GET http://[`. */
function pathOf(ctx: Context): string | undefined {
  try {
    return ctx.path;
  } catch {
    return undefined;
  }
}

/** Error codes of a client that left during the response. */
const CLIENT_GONE_CODES: ReadonlySet<string | undefined> = new Set([
  'ECONNABORTED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]);

function isClientGone({ req, res }: Context, reason: unknown): boolean {
  return (
    (res.destroyed || req.socket.destroyed) && CLIENT_GONE_CODES.has((reason as NodeJS.ErrnoException | null)?.code)
  );
}

export type RequestLogOptions = {
  /** Notified of each request. */
  observer?: RequestObserver | undefined;
  hostCheck?: HostCheck | undefined;
};

/**
 * The outermost middleware: assigns request ids, checks the host, turns errors into problems, and logs one line per
 * request when its response is done. A 5xx is logged once, in full, with the request id.
 * An error reported to the owner of the request (docs/adr/0024) ends the request at once, whatever its handler is
 * waiting for.
 */
export function requestLog(log: Logger, { observer, hostCheck }: RequestLogOptions = {}): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(ctx);
    const path = pathOf(ctx);
    setCommonHeaders(ctx, requestId);

    let failure: ServiceError | undefined;
    let isAnswered = false;
    observer?.begun();

    function noteAnswer(): void {
      if (isAnswered) return;
      isAnswered = true;
      observer?.answered({
        method: ctx.method,
        route: routeOf(ctx),
        status: ctx.status,
        seconds: (performance.now() - startedAt) / 1000,
        code: failure?.code,
      });
    }

    function fail(reason: unknown): void {
      const { req, res } = ctx;
      if (isClientGone(ctx, reason)) {
        log.debug({ requestId, err: reason }, 'the client left before the whole response was sent');
        return;
      }
      observer?.contained('request');
      if (!res.headersSent && !res.writableEnded && !res.destroyed) {
        failure = toServiceError(reason);
        answerNow(ctx, failure, requestId);
      } else {
        log.error({ requestId, method: ctx.method, path, err: reason }, 'contained an error of a request');
        if (!res.writableEnded) req.socket.destroy();
      }
      noteAnswer();
    }

    ctx.res.on('error', fail);
    ctx.res.once('close', () => {
      if (!ctx.res.writableFinished) observer?.cutOff();
      if (failure === undefined && ctx.res.statusCode < 500 && !log.isLevelEnabled('info')) return;
      const line = {
        requestId,
        method: ctx.method,
        path,
        status: ctx.res.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        // The client left before the whole response was sent.
        ...(ctx.res.writableFinished ? {} : { cutOff: true }),
        ...(failure && { code: failure.code }),
      };
      if (failure?.code === 'INTERNAL') log.error({ ...line, err: failure.cause ?? failure }, 'request failed');
      else if (ctx.res.statusCode >= 500 && ctx.res.statusCode !== 501)
        log.warn({ ...line, detail: failure?.message }, 'request failed');
      else log.info(line, 'request');
    });

    const owner = { fail };
    setOwner(ctx, owner);
    try {
      if (path === undefined) throw new ServiceError('BAD_REQUEST', 'The target of the request is not a valid path.');
      hostCheck?.(ctx.req);
      await runOwned(owner, next);
      if (ctx.status === 404 && ctx.body == null) {
        throw new ServiceError('NOT_FOUND', 'There is nothing at this path; see /docs for the available ones.');
      }
    } catch (thrown) {
      if (!isAnswered) {
        failure = toServiceError(thrown);
        sendProblem(ctx, failure, requestId);
      }
    } finally {
      noteAnswer();
    }
  };
}
