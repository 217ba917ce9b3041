import type { Context } from 'koa';
import type { ErrorCode } from '../../errors.js';

type AnsweredRequest = {
  method: string;
  /** Path of the route, `/imports/{import_id}`; `none` if no route matches. */
  route: string;
  status: number;
  /** From the end of the request headers until the response is ready to be sent; slow readers do not count. */
  seconds: number;
  /** Error code, if the response is a problem. */
  code: ErrorCode | undefined;
};

/** Notified of each request, for metrics. No function may throw. */
export type RequestObserver = {
  begun(): void;
  answered(request: AnsweredRequest): void;
  /** The client left before the whole response was sent. */
  cutOff(): void;
  /** An error that would have ended the process was contained; `none` if its request is unknown. */
  contained(owner: 'request' | 'none'): void;
};

const NO_ROUTE = 'none';

/** Sets the name under which the request is counted. */
export function setRoute(ctx: Context, route: string): void {
  ctx.state['route'] = route;
}

export function routeOf(ctx: Context): string {
  return ctx.state['route'] ?? NO_ROUTE;
}
