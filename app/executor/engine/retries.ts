import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, ServiceError } from '../../errors.js';

const RETRY_MS = 250;
/** Asked again, the database would say the same. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set(['WRONG_STATE', 'TASK_NOT_FOUND', 'INVALID_INPUT', 'INTERNAL']);

/** Whether the same call may succeed later: the database is away, full or overloaded. */
export function isPassing(reason: unknown): boolean {
  return reason instanceof ServiceError && !FINAL_CODES.has(reason.code);
}

/** Calls until it succeeds or `isOver`; for calls that may be repeated. @throws what is not passing, or came last */
export async function repeatWhilePassing<Result>(
  call: () => Promise<Result>,
  isOver: () => boolean,
  onFault: (reason: unknown) => void,
): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (reason) {
      if (isOver() || !isPassing(reason)) throw reason;
      onFault(reason);
      await sleep(RETRY_MS);
    }
  }
}
