import type { Context } from 'koa';
import type { ErrorCode } from '../../errors.js';

export type AnsweredRequest = {
  method: string;
  /** The path as the service knows it, `/imports/{import_id}`; `none` when it knows no such path. */
  route: string;
  status: number;
  /** From the headers of the request to its answer's being ready to be sent, so that who reads slowly counts nothing. */
  seconds: number;
  /** Of a problem. */
  code: ErrorCode | undefined;
};

/** Is told of each request, by whoever counts them. Nothing of it may throw. */
export type RequestObserver = {
  begun(): void;
  answered(request: AnsweredRequest): void;
  /** The client left before it had the answer. */
  cutOff(): void;
  /** An error that would have ended the process was contained. `request`: it is known whose it was, else `none`. */
  contained(owner: 'request' | 'none'): void;
};

const NO_ROUTE = 'none';

/** Notes under which name a request is counted. */
export function setRoute(ctx: Context, route: string): void {
  ctx.state['route'] = route;
}

export function routeOf(ctx: Context): string {
  return ctx.state['route'] ?? NO_ROUTE;
}
