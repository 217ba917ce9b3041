import type { Context } from 'koa';
import { contain, type Owner } from '../../faults.js';

/** Sets the owner that handles errors which no `await` of the handler catches. */
export function setOwner(ctx: Context, owner: Owner): void {
  ctx.state['owner'] = owner;
}

/** The owner of the request. */
export function ownerOf(ctx: Context): Owner {
  return ctx.state['owner'];
}

/**
 * Wraps a callback that belongs to a request: of a timer, of an emitter, or called for many requests in turn. An error
 * that it throws ends that request only.
 */
export function owned<Args extends unknown[]>(ctx: Context, work: (...args: Args) => void): (...args: Args) => void {
  return (...args) => contain(ownerOf(ctx), () => work(...args));
}
