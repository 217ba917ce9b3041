import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, ServiceError } from '../../errors.js';
import type { SharedFigure } from '../../siblings/siblings.js';
import { announcedLength } from './announced_length.js';

/** Memory that one request holds for its body and for what is derived from it. */
export type BodyAccount = {
  /**
   * Call before `bytes` more are held. Has no effect after the request has ended.
   * @throws ServiceError with the budget's `busyCode` if other requests leave too little, BODY_TOO_LARGE if the whole
   * budget is too small
   */
  take(bytes: number): void;
  /** Call after `bytes` have been released; the rest is released when the request ends. */
  give(bytes: number): void;
};

export type BodyBudget = {
  /**
   * Runs `work` with an account. The request is refused before its body is read if `mayHoldBytes` are not available.
   * After that only memory actually held counts, so a client that announces a large body and sends nothing blocks
   * nobody.
   * @throws ServiceError with the budget's `busyCode`
   */
  spend<Result>(
    request: IncomingMessage,
    work: (account: BodyAccount) => Promise<Result>,
    mayHoldBytes: number,
  ): Promise<Result>;
  /**
   * Accounts for a response until it has been sent or its connection has ended. Never refused, since the response
   * already exists.
   */
  holdForAnswer(response: ServerResponse, bytes: number): void;
  /** Memory that this process holds for all its bodies, and the limit, which other web processes share. */
  use(): { heldBytes: number; totalBytes: number };
};

/** For bodies that are not accounted for. */
export const UNCOUNTED: BodyAccount = { take() {}, give() {} };

/** Uncompressed bodies whose announced length is within this limit may use the reserve. */
const MAX_SMALL_BODY_BYTES = 1024 * 1024;

function isSmall(request: IncomingMessage): boolean {
  const announced = announcedLength(request);
  return (
    announced !== undefined && announced <= MAX_SMALL_BODY_BYTES && request.headers['content-encoding'] === undefined
  );
}

/**
 * Limits the memory held for bodies to `totalBytes`, so that many large bodies cannot exhaust the process.
 * `reservedBytes` of them are reserved for small uncompressed bodies. `busyCode` is the code of the error that means
 * "try again later". `shared` has what other web processes hold of the same budget; together they may exceed it by what
 * they take in the moment until they know of each other.
 */
export function createBodyBudget(
  totalBytes: number,
  { busyCode, reservedBytes = 0, shared }: { busyCode: ErrorCode; reservedBytes?: number; shared?: SharedFigure },
): BodyBudget {
  let heldBytes = 0;

  function hold(bytes: number): void {
    heldBytes += bytes;
    shared?.set(heldBytes);
  }

  function refuseOver(limitBytes: number, bytes: number, ownBytes: number): void {
    if (heldBytes + (shared?.others() ?? 0) + bytes <= limitBytes) return;
    if (ownBytes + bytes <= limitBytes) {
      throw new ServiceError(busyCode, 'Requests in progress use all memory reserved for bodies. Nothing was stored.');
    }
    throw new ServiceError(
      'BODY_TOO_LARGE',
      `Reading this body takes more than the ${limitBytes} bytes of memory that the service has for bodies.`,
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
          hold(bytes);
          ownBytes += bytes;
        },
        give(bytes) {
          const given = Math.min(bytes, ownBytes);
          hold(-given);
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
      hold(bytes);
      // A response that is queued behind another one emits no event when the connection ends.
      const release = () => {
        hold(-bytes);
        response.off('finish', release).off('close', release);
        socket.off('close', release);
      };
      response.once('finish', release).once('close', release);
      socket.once('close', release);
    },

    use: () => ({ heldBytes, totalBytes }),
  };
}
