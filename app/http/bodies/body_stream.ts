import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { ServiceError } from '../../errors.js';
import { releaseMemory } from '../../release_memory.js';
import { announcedLength } from './announced_length.js';
import { cutOff, emptyBody, refuseTooLarge, tooLarge } from './body.js';
import { type BodyAccount, UNCOUNTED } from './body_budget.js';
import { type ContentDecoding, createDecoder, decoderBytes } from './content_encoding.js';

/** Large enough that transferring a window to another thread is negligible compared to parsing it, about 1 ms. */
const WINDOW_BYTES = 256 * 1024;
/** Initial buffer for a body. It is doubled as bytes arrive, so that a client that sends little costs little. */
const FIRST_ROOM_BYTES = 16 * 1024;
/**
 * Maximum ratio of decoded to received bytes. Citizens with long texts that differ in their ids alone are compressed
 * 600-fold by brotli, typical ones 12-fold. gzip cannot exceed 1,032, but 3 KB of brotli can expand to 4 GiB.
 */
const MAX_EXPANSION = 1000;
/** Decoded size up to which the ratio is not checked. */
const FREE_DECODED_BYTES = 16 * 1024 * 1024;

export type ReadWindowsOptions = {
  decoding: ContentDecoding;
  /** Maximum length of the decoded body. */
  limitBytes: number;
  windowBytes?: number;
  /** Whether a body without a byte is valid; it has no windows. */
  mayBeEmpty?: boolean;
  /** Whether the bytes received before a failure are handed out before it is thrown. */
  deliversRest?: boolean;
  /** Accounts for the memory. The whole buffer of a window counts until the consumer releases it. */
  account?: BodyAccount;
};

type Window = Buffer<ArrayBuffer>;

/** Collects chunks of any size into windows; holds the window being filled and those not taken yet. */
function createWindows(windowBytes: number, announced: number | undefined, account: BodyAccount) {
  const full: Window[] = [];
  let filling: Window | undefined;
  let length = 0;
  let totalBytes = 0;

  /** A client that has sent a full window gets the next one at once; no buffer is longer than the rest of the body. */
  function makeRoom(neededBytes: number): Window {
    const leftBytes = announced === undefined ? windowBytes : announced - (totalBytes - length);
    const maxBytes = Math.min(windowBytes, leftBytes);
    const isEarned = totalBytes >= windowBytes;
    const roomBytes = isEarned ? maxBytes : Math.min(maxBytes, Math.max(neededBytes * 2, FIRST_ROOM_BYTES));
    account.take(roomBytes);
    const room = Buffer.allocUnsafeSlow(roomBytes);
    filling?.copy(room, 0, 0, length);
    account.give(filling?.length ?? 0);
    return room;
  }

  return {
    add(piece: Buffer): void {
      for (let at = 0; at < piece.length; ) {
        const count = Math.min(piece.length - at, windowBytes - length);
        if (filling === undefined || length + count > filling.length) filling = makeRoom(length + count);
        piece.copy(filling, length, at, at + count);
        at += count;
        length += count;
        totalBytes += count;
        if (length === windowBytes) {
          full.push(filling);
          filling = undefined;
          length = 0;
        }
      }
    },
    totalBytes: () => totalBytes,
    hasFull: () => full.length > 0,
    takeFull: () => full.shift(),
    /** The incomplete window at the end of the body; undefined if there is none. */
    takeLast: () => filling?.subarray(0, length),
    /** All bytes that have not been taken. */
    *takeRest(): Generator<Window, void> {
      yield* full.splice(0);
      if (filling !== undefined && length > 0) yield filling.subarray(0, length);
    },
  };
}

function malformed(decoding: ContentDecoding): ServiceError {
  return new ServiceError(
    'MALFORMED_ENCODING',
    `The body is not valid ${decoding}, which its Content-Encoding names, or is incomplete.`,
  );
}

function expandedTooFar(): ServiceError {
  return new ServiceError(
    'COMPRESSED_TOO_FAR',
    `The decoded body is more than ${MAX_EXPANSION} times as long as the compressed one.`,
  );
}

/** Whether data follow the end of the compressed stream. Node ignores them silently, but they may be half an import. */
function hasMore(
  request: IncomingMessage,
  decoder: Transform & { bytesWritten?: number },
  receivedBytes: number,
): boolean {
  return !request.readableEnded || (decoder.bytesWritten ?? receivedBytes) < receivedBytes;
}

/**
 * Reads a body in windows of `windowBytes`; the last one may be shorter. Each has an ArrayBuffer of its own, which may
 * be transferred. While no window is requested, at most one more is read before the socket is paused. If the reader
 * stops early or an error is thrown, the rest of the body is read and discarded, so that the response can arrive.
 * @throws ServiceError EMPTY_BODY, BODY_TOO_LARGE, COMPRESSED_TOO_FAR, BODY_CUT_OFF, REQUEST_TIMEOUT,
 * MALFORMED_ENCODING, and the errors of the account
 */
export async function* readWindows(
  request: IncomingMessage,
  {
    decoding,
    limitBytes,
    windowBytes = WINDOW_BYTES,
    mayBeEmpty = false,
    deliversRest = false,
    account = UNCOUNTED,
  }: ReadWindowsOptions,
): AsyncGenerator<Window, void, undefined> {
  // Compressed lengths are checked as well: no encoding in use makes a body more than a few bytes longer.
  refuseTooLarge(request, limitBytes);
  // The client may be gone before reading starts; no event would report it later.
  if (request.destroyed) throw cutOff();
  const decoder = createDecoder(decoding);
  const source: Readable = decoder ?? request;
  const announced = decoder === undefined ? announcedLength(request) : undefined;
  const windows = createWindows(windowBytes, announced, account);
  let receivedBytes = 0;
  let takenForDecoder = 0;
  let isEnded = false;
  let failure: Error | undefined;
  let wake = () => {};

  function fail(reason: Error): void {
    failure ??= reason;
    release();
    wake();
  }
  function succeeds(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (reason) {
      fail(reason as Error);
      return false;
    }
  }
  /** Called for each received chunk, before the decoder gets it. */
  function onReceived(piece: Buffer): void {
    if (receivedBytes === 0) {
      const bytes = decoderBytes(decoding, piece[0] as number);
      if (!succeeds(() => account.take(bytes))) return;
      takenForDecoder = bytes;
    }
    receivedBytes += piece.length;
  }
  function onPiece(piece: Buffer<ArrayBuffer>): void {
    const bytes = windows.totalBytes() + piece.length;
    if (bytes > limitBytes) {
      fail(tooLarge(limitBytes));
      return;
    }
    if (decoder !== undefined && bytes > FREE_DECODED_BYTES + MAX_EXPANSION * receivedBytes) {
      fail(expandedTooFar());
      return;
    }
    const isAdded = succeeds(() => windows.add(piece));
    // Node has made it for this listener alone, while a decoder may go on with its own.
    if (decoder === undefined && piece.length === piece.buffer.byteLength) releaseMemory(piece.buffer);
    if (!isAdded || !windows.hasFull()) return;
    source.pause();
    wake();
  }
  function onEnd(): void {
    isEnded = true;
    if (decoder !== undefined && hasMore(request, decoder, receivedBytes)) fail(malformed(decoding));
    else if (windows.totalBytes() === 0 && !mayBeEmpty) fail(emptyBody());
    else wake();
  }
  const onRequestError = (reason: Error) => fail(reason instanceof ServiceError ? reason : cutOff());
  const onRequestClose = () => {
    if (!request.readableEnded) fail(cutOff());
  };
  const onDecoderError = () => fail(receivedBytes === 0 ? emptyBody() : malformed(decoding));

  /** Stops reading the request, whatever its state, and releases the memory of the decoder. */
  function release(): void {
    source.off('data', onPiece).off('end', onEnd);
    request.off('error', onRequestError).off('close', onRequestClose);
    if (decoder !== undefined) {
      request.off('data', onReceived).unpipe(decoder);
      decoder.destroy();
      account.give(takenForDecoder);
      takenForDecoder = 0;
    }
    request.resume();
  }

  request.on('error', onRequestError).on('close', onRequestClose);
  if (decoder !== undefined) {
    // This listener is never removed: a decoder destroyed while working may still emit errors.
    decoder.on('error', onDecoderError);
    request.on('data', onReceived).pipe(decoder);
  }
  source.on('data', onPiece).on('end', onEnd);
  try {
    for (;;) {
      if (failure !== undefined) {
        if (deliversRest) yield* windows.takeRest();
        throw failure;
      }
      const window = windows.takeFull();
      if (window !== undefined) {
        // The next window is received while this one is processed.
        if (!windows.hasFull()) source.resume();
        yield window;
      } else if (isEnded) {
        const last = windows.takeLast();
        if (last !== undefined) yield last;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
          source.resume();
        });
      }
    }
  } finally {
    release();
  }
}
