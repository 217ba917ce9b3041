import type { Context } from 'koa';
import { onAnswerOver } from './answer_over.js';

/** Beside making an error for each request, which takes 10 us. */
const REASON = 'nobody waits for the answer';

/**
 * Runs `work` with a signal that is aborted when nobody can get the answer any more: the client has left, or the service
 * stops. Whatever waits for an event ends then, and answers what it knows.
 */
export async function withOverSignal<Result>(
  ctx: Context,
  stopping: AbortSignal,
  work: (over: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let isDone = false;
  const abort = () => {
    if (!isDone) controller.abort(REASON);
  };
  onAnswerOver(ctx.res, abort);
  stopping.addEventListener('abort', abort);
  if (stopping.aborted) abort();
  try {
    return await work(controller.signal);
  } finally {
    isDone = true;
    stopping.removeEventListener('abort', abort);
  }
}
