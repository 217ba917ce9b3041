import type { Context } from 'koa';
import { contain, type Owner } from '../../faults.js';

/** Notes what ends the request when an error comes that no `await` of its handler gets. */
export function setOwner(ctx: Context, owner: Owner): void {
  ctx.state['owner'] = owner;
}

/** The request as the owner of such errors. */
export function ownerOf(ctx: Context): Owner {
  return ctx.state['owner'];
}

/**
 * Wraps a callback that belongs to a request: of a timer, an emitter, or one that is called for many requests in turn.
 * What it throws ends that request and nobody else's.
 */
export function owned<Args extends unknown[]>(ctx: Context, work: (...args: Args) => void): (...args: Args) => void {
  return (...args) => contain(ownerOf(ctx), () => work(...args));
}
