import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { ERRORS, MAX_VIOLATIONS, ServiceError, type Violation } from '../errors.js';

/**
 * The rule of every answer that sets none of its own. Caches make one up for an answer without: Varnish keeps a 404 for
 * two minutes.
 */
export const NO_STORE = 'no-store';

/** Where docs/errors.md is served; with the code in lower case as the fragment it leads to the code's section. */
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

/** What a problem tells of a violation; where it begins in bytes is for the report of an import, not for people. */
function toError({ byteOffset: _, ...told }: Violation): Omit<Violation, 'byteOffset'> {
  return told;
}

/** The body of an error answer (RFC 9457, spec/errors.md). */
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

/** Anything thrown -> an error for the client. What was not meant for it becomes INTERNAL, with the original as cause. */
export function toServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  return new ServiceError('INTERNAL', 'Something went wrong in the service; the log has more.', { cause: thrown });
}

/** Whether the client asked for every violation as a line of JSON, before anything else. */
export function wantsReport(ctx: Context): boolean {
  return ctx.accepts(PROBLEM_TYPE, 'application/json', REPORT_TYPE) === REPORT_TYPE;
}

/** The only place where an error becomes a response. */
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
  // The route may have set a rule for the answer that it began.
  ctx.set('Cache-Control', NO_STORE);
  if (problem.status === 503) ctx.set('Retry-After', String(RETRY_AFTER_SECONDS));
  ctx.set(error.headers);
}

/** Headers that every answer has. */
export function setCommonHeaders(ctx: Context, requestId: string): void {
  ctx.set('X-Request-Id', requestId);
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cache-Control', NO_STORE);
}

/**
 * Answers with a problem at once, past the handler, which may never return; what the handler does to the answer later has
 * no effect. The connection ends with the answer, and with it whatever still reads the request.
 */
export function answerNow(ctx: Context, error: ServiceError, requestId: string): void {
  for (const name of ctx.res.getHeaderNames()) ctx.remove(name);
  setCommonHeaders(ctx, requestId);
  const body = JSON.stringify(toProblem(error, requestId));
  ctx.respond = false;
  ctx.status = ERRORS[error.code].status;
  ctx.set({ 'Content-Type': PROBLEM_TYPE, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' });
  ctx.set(error.headers);
  // Node tells a request that was answered nothing any more: a reader of its body would wait for ever.
  ctx.res.once('finish', () => {
    if (!ctx.req.complete) ctx.req.destroy();
  });
  ctx.res.end(ctx.method === 'HEAD' ? undefined : body);
}
