import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors.js';
import { announcedLength, SMALL_BODY_LIMIT_BYTES } from './body.js';

export type BodyBudget = {
  /**
   * Runs `work` while the request's body counts against the budget. A chunked body counts as the
   * largest allowed, one of up to 1 MiB as nothing: whoever holds the budget must not lock out everybody.
   * @throws ServiceError TOO_MANY_IMPORTS when there is no room; nothing of the body is read then
   */
  spend<Result>(request: IncomingMessage, work: () => Promise<Result>): Promise<Result>;
};

/** Keeps the bodies in work at once under `totalBytes`, so that many large imports cannot take all memory. */
export function createBodyBudget(totalBytes: number, bodyLimitBytes: number): BodyBudget {
  let spentBytes = 0;
  return {
    async spend(request, work) {
      const bytes = Math.min(announcedLength(request) ?? bodyLimitBytes, bodyLimitBytes);
      if (bytes <= SMALL_BODY_LIMIT_BYTES) return work();
      if (spentBytes > 0 && spentBytes + bytes > totalBytes) {
        throw new ServiceError('TOO_MANY_IMPORTS', 'Too many imports are in work now. Nothing was stored.');
      }
      spentBytes += bytes;
      try {
        return await work();
      } finally {
        spentBytes -= bytes;
      }
    },
  };
}
