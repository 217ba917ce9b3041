import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { ERRORS, MAX_VIOLATIONS, ServiceError, type Violation } from '../errors.js';

/** Default Cache-Control. Without one, caches choose their own policy: Varnish keeps a 404 for two minutes. */
export const NO_STORE = 'no-store';

/** Path of docs/errors.md; the code in lower case is the fragment of its section. */
export const ERRORS_PAGE = '/docs/errors';
export const PROBLEM_TYPE = 'application/problem+json';
export const REPORT_TYPE = 'application/x-ndjson';
const RETRY_AFTER_SECONDS = 1;

export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  requestId: string;
  errors?: Omit<Violation, 'byteOffset'>[];
  errorCount?: number;
};

/** The public part of a violation; byte offsets are listed in the report of an import only. */
function toError({ byteOffset: _, ...visible }: Violation): Omit<Violation, 'byteOffset'> {
  return visible;
}

/** The body of an error response (RFC 9457, docs/errors.md). */
export function toProblem(error: ServiceError, requestId: string): Problem {
  const { status, title } = ERRORS[error.code];
  return {
    ...error.members,
    type: `${ERRORS_PAGE}#${error.code.toLowerCase()}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.violations && {
      errors: error.violations.slice(0, MAX_VIOLATIONS).map(toError),
      errorCount: error.violationCount,
    }),
  };
}

/** Converts anything thrown to a ServiceError. Unexpected errors become INTERNAL with the original as cause. */
export function toServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  return new ServiceError('INTERNAL', 'The service failed to handle the request; see its log.', { cause: thrown });
}

/** Whether the client prefers a report with every violation as one line of JSON. */
export function wantsReport(ctx: Context): boolean {
  return ctx.accepts(PROBLEM_TYPE, 'application/json', REPORT_TYPE) === REPORT_TYPE;
}

/** Turns an error into a response. No other function does this for Koa's responses. */
export function sendProblem(ctx: Context, error: ServiceError, requestId: string): void {
  const problem = toProblem(error, requestId);
  ctx.status = problem.status;
  if (error.report === undefined) {
    ctx.body = JSON.stringify(problem);
    ctx.type = PROBLEM_TYPE;
  } else {
    ctx.body = Readable.from(error.report, { objectMode: false });
    ctx.type = REPORT_TYPE;
    ctx.set('X-Error-Count', String(error.violationCount));
  }
  // Overrides the Cache-Control of a response that the route had started.
  ctx.set('Cache-Control', NO_STORE);
  if (problem.status === 503) ctx.set('Retry-After', String(RETRY_AFTER_SECONDS));
  ctx.set(error.headers);
}

/** Sets the headers of every response. */
export function setCommonHeaders(ctx: Context, requestId: string): void {
  ctx.set('X-Request-Id', requestId);
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cache-Control', NO_STORE);
}

/**
 * Sends a problem immediately, bypassing the handler, which may never return; later changes by the handler have no
 * effect. The connection is closed after the response, which also ends any reader of the request.
 */
export function answerNow(ctx: Context, error: ServiceError, requestId: string): void {
  for (const name of ctx.res.getHeaderNames()) ctx.remove(name);
  setCommonHeaders(ctx, requestId);
  const body = JSON.stringify(toProblem(error, requestId));
  ctx.respond = false;
  ctx.status = ERRORS[error.code].status;
  ctx.set({ 'Content-Type': PROBLEM_TYPE, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' });
  ctx.set(error.headers);
  // After the response Node emits no more events for the request; a reader of its body would wait forever.
  ctx.res.once('finish', () => {
    if (!ctx.req.complete) ctx.req.destroy();
  });
  ctx.res.end(ctx.method === 'HEAD' ? undefined : body);
}
