import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, ServiceError } from '../../errors.js';
import { announcedLength } from './announced_length.js';

/** What one request holds in memory of its body, or has made of it. */
export type BodyAccount = {
  /**
   * Before `bytes` more are held. Without effect once the request's work has ended.
   * @throws ServiceError with the budget's `busyCode` when others leave too little, BODY_TOO_LARGE when all of it would
   * not do
   */
  take(bytes: number): void;
  /** After `bytes` of what was taken have been let go; what is left is given back when the work ends. */
  give(bytes: number): void;
};

export type BodyBudget = {
  /**
   * Runs `work` with an account for what it holds. A request is refused before a byte of its body is read when
   * `mayHoldBytes` are not left. What counts later is what is held: a client that announces much and sends nothing
   * keeps nobody out. @throws ServiceError with the budget's `busyCode`
   */
  spend<Result>(
    request: IncomingMessage,
    work: (account: BodyAccount) => Promise<Result>,
    mayHoldBytes: number,
  ): Promise<Result>;
  /** Counts what an answer holds until it is out or its connection has ended. Never refused: it is there already. */
  holdForAnswer(response: ServerResponse, bytes: number): void;
  /** What all bodies hold now, of how much they may. */
  use(): { heldBytes: number; totalBytes: number };
};

/** For bodies that nobody counts. */
export const UNCOUNTED: BodyAccount = { take() {}, give() {} };

/** Plain bodies that are announced as no longer than this find room when large and compressed ones do not. */
const MAX_SMALL_BODY_BYTES = 1024 * 1024;

function isSmall(request: IncomingMessage): boolean {
  const announced = announcedLength(request);
  return (
    announced !== undefined && announced <= MAX_SMALL_BODY_BYTES && request.headers['content-encoding'] === undefined
  );
}

/**
 * Keeps what the bodies in work hold under `totalBytes`, so that many large bodies cannot take all memory.
 * `reservedBytes` of them are for small plain bodies alone. `busyCode`: of the error that means "try again later".
 */
export function createBodyBudget(
  totalBytes: number,
  { busyCode, reservedBytes = 0 }: { busyCode: ErrorCode; reservedBytes?: number },
): BodyBudget {
  let heldBytes = 0;

  function refuseOver(limitBytes: number, bytes: number, ownBytes: number): void {
    if (heldBytes + bytes <= limitBytes) return;
    if (ownBytes + bytes <= limitBytes) {
      throw new ServiceError(
        busyCode,
        'The bodies in work take all the memory that there is for them. Nothing was stored.',
      );
    }
    throw new ServiceError(
      'BODY_TOO_LARGE',
      `To read this body takes more than the ${limitBytes} bytes of memory that the service has for bodies.`,
    );
  }

  return {
    async spend(request, work, mayHoldBytes) {
      const limitBytes = isSmall(request) ? totalBytes : totalBytes - reservedBytes;
      refuseOver(limitBytes, mayHoldBytes, 0);
      let ownBytes = 0;
      let hasEnded = false;
      const account: BodyAccount = {
        take(bytes) {
          if (hasEnded) return;
          refuseOver(limitBytes, bytes, ownBytes);
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
        hasEnded = true;
      }
    },

    holdForAnswer(response, bytes) {
      const { socket } = response;
      if (response.destroyed || socket === null || socket.destroyed) return;
      heldBytes += bytes;
      // A response that waits behind another one is not told that the connection has ended.
      const letGo = () => {
        heldBytes -= bytes;
        response.off('finish', letGo).off('close', letGo);
        socket.off('close', letGo);
      };
      response.once('finish', letGo).once('close', letGo);
      socket.once('close', letGo);
    },

    use: () => ({ heldBytes, totalBytes }),
  };
}
