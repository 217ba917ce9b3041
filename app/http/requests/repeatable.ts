import type { Context } from 'koa';

/**
 * Answers an equal request from the cache. Resolves with false, and leaves the response as it is, when the answer is not
 * there. @throws ServiceError
 */
export type Repeat = (ctx: Context) => Promise<boolean>;

const REPEAT = 'repeat';
const IS_UNIQUE = 'isUnique';

/** For a response that follows from the URL, Accept, Accept-Encoding, the data and the day in UTC. */
export function setRepeat(ctx: Context, repeat: Repeat): void {
  ctx.state[REPEAT] = repeat;
}

/** The response depends on more than that: equal requests are handled as if none had been before. */
export function forbidRepeat(ctx: Context): void {
  ctx.state[IS_UNIQUE] = true;
}

/** How to answer equal requests from now on; undefined if their handler has to. */
export function repeatOf({ state }: Context): Repeat | undefined {
  return state[IS_UNIQUE] === true ? undefined : state[REPEAT];
}
