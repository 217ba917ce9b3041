import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';
import { type DateNumber, utcToday } from '../../calendar.js';
import { ERRORS, ServiceError } from '../../errors.js';
import { type Repeat, repeatOf } from './repeatable.js';

type Serve = (ctx: Context) => Promise<void> | void;
/** Names the route of a request, decides whether its sender may use it, and serves it. @throws ServiceError */
type Admit = (ctx: Context, serve: Serve) => Promise<void> | void;

/** Equal requests: how they are admitted and answered, and on which day the answer was asked for. */
type Known = { admit: Admit; repeat: Repeat; day: DateNumber };

/** Dashboards repeat some dozen requests for each import. */
const MAX_KNOWN = 1_000;
/** With the longest keys, 2 MB. */
const MAX_KEY_LENGTH = 1_000;

export type Repeats = {
  /**
   * Answers a request that equals an earlier one from the cache, if its sender may have the answer; calls `route`
   * otherwise. @throws ServiceError
   */
  serve(ctx: Context, route: Serve): Promise<void> | void;
  /** Call once the handler is done: from now on equal requests are answered without it, if its answer allows that. */
  note(ctx: Context, admit: Admit): void;
};

const DAY = 'askedOn';

function isRead({ method }: Context): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Identifies equal requests. Accept-Encoding and If-None-Match are read each time instead. */
function keyOf({ req }: Context): string {
  const { accept } = req.headers;
  return accept === undefined ? (req.url as string) : `${req.url}\n${accept}`;
}

function isMissing(reason: unknown): boolean {
  return reason instanceof ServiceError && ERRORS[reason.code].status === 404;
}

/**
 * Remembers requests whose answers are cached (docs/adr/0039): an equal request needs neither routing nor the parsing of
 * its query and headers, which is a quarter of the CPU time of a small answer.
 */
export function createRepeats(today: () => DateNumber = utcToday): Repeats {
  const knownOf = new LRUCache<string, Known>({ max: MAX_KNOWN });

  async function answer(ctx: Context, { repeat }: Known, route: Serve): Promise<void> {
    let isAnswered: boolean;
    try {
      isAnswered = await repeat(ctx);
    } catch (reason) {
      if (!isMissing(reason)) throw reason;
      // The handler reports what is missing.
      knownOf.delete(keyOf(ctx));
      isAnswered = false;
    }
    if (!isAnswered) await route(ctx);
  }

  return {
    serve(ctx, route) {
      if (!isRead(ctx)) return route(ctx);
      // Before the handler asks for the day: an answer of yesterday is never taken for one of today.
      const day = today();
      ctx.state[DAY] = day;
      const known = knownOf.get(keyOf(ctx));
      return known?.day === day ? known.admit(ctx, () => answer(ctx, known, route)) : route(ctx);
    },

    note(ctx, admit) {
      const repeat = repeatOf(ctx);
      const day = ctx.state[DAY];
      const key = keyOf(ctx);
      if (repeat === undefined || day === undefined || key.length > MAX_KEY_LENGTH) return;
      knownOf.set(key, { admit, repeat, day });
    },
  };
}
