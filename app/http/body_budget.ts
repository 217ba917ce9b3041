import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors.js';
import { announcedLength } from './body.js';

export type BodyBudget = {
  /**
   * Runs `work`, which calls `take` for each part of the body that it has read, and gives back what was taken.
   * A body that is announced as larger than what is left is refused before a byte of it is read; what only turns out
   * so is refused by `take`. What counts is what has come: a client that announces much and sends nothing keeps
   * nobody out.
   * @throws ServiceError TOO_MANY_IMPORTS
   */
  spend<Result>(request: IncomingMessage, work: (take: (bytes: number) => void) => Promise<Result>): Promise<Result>;
};

/** Keeps the bodies in work at once under `totalBytes`, so that many large imports cannot take all memory. */
export function createBodyBudget(totalBytes: number): BodyBudget {
  let spentBytes = 0;

  /** A single body may be of any size: else none larger than the budget would ever pass. */
  function refuseOver(bytes: number, ownBytes: number): void {
    if (spentBytes > ownBytes && spentBytes + bytes > totalBytes) {
      throw new ServiceError('TOO_MANY_IMPORTS', 'Too many imports are in work now. Nothing was stored.');
    }
  }

  return {
    async spend(request, work) {
      refuseOver(announcedLength(request) ?? 0, 0);
      let ownBytes = 0;
      const take = (bytes: number) => {
        refuseOver(bytes, ownBytes);
        spentBytes += bytes;
        ownBytes += bytes;
      };
      try {
        return await work(take);
      } finally {
        spentBytes -= ownBytes;
      }
    },
  };
}
