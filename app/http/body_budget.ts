import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors.js';
import { announcedLength } from './body.js';

/** What one request holds in memory of its body, or has made of it. */
export type BodyAccount = {
  /** Before `bytes` more are held. @throws ServiceError TOO_MANY_IMPORTS */
  take(bytes: number): void;
  /** After `bytes` of what was taken have been let go; what is left is given back when the work ends. */
  give(bytes: number): void;
};

export type BodyBudget = {
  /**
   * Runs `work` with an account for what it holds. A request is refused before a byte of its body is read when the
   * budget is used up, or when `mayHoldBytes` are not left: what a reader may come to hold, which is all that was
   * announced unless a streaming one says less. What only turns out so is refused by `take`. What counts is what has
   * come: a client that announces much and sends nothing keeps nobody out.
   * @throws ServiceError TOO_MANY_IMPORTS
   */
  spend<Result>(
    request: IncomingMessage,
    work: (account: BodyAccount) => Promise<Result>,
    mayHoldBytes?: number,
  ): Promise<Result>;
  /** What all bodies hold now, of how much they may. */
  use(): { heldBytes: number; totalBytes: number };
};

/** Keeps what the bodies in work hold under `totalBytes`, so that many large imports cannot take all memory. */
export function createBodyBudget(totalBytes: number): BodyBudget {
  let heldBytes = 0;

  /** A single body may be of any size: else none larger than the budget would ever pass. */
  function refuseOver(bytes: number, ownBytes: number): void {
    if (heldBytes > ownBytes && heldBytes + bytes > totalBytes) {
      throw new ServiceError('TOO_MANY_IMPORTS', 'Too many imports are in work now. Nothing was stored.');
    }
  }

  return {
    async spend(request, work, mayHoldBytes = announcedLength(request) ?? 1) {
      refuseOver(mayHoldBytes, 0);
      let ownBytes = 0;
      const account: BodyAccount = {
        take(bytes) {
          refuseOver(bytes, ownBytes);
          heldBytes += bytes;
          ownBytes += bytes;
        },
        give(bytes) {
          const given = Math.min(bytes, ownBytes);
          heldBytes -= given;
          ownBytes -= given;
        },
      };
      try {
        return await work(account);
      } finally {
        account.give(ownBytes);
      }
    },

    use: () => ({ heldBytes, totalBytes }),
  };
}
