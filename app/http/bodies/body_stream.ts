import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { ServiceError } from '../../errors.js';
import { announcedLength } from './announced_length.js';
import { cutOff, emptyBody, refuseTooLarge, tooLarge } from './body.js';
import { type BodyAccount, UNCOUNTED } from './body_budget.js';
import { type ContentDecoding, createDecoder, decoderBytes } from './content_encoding.js';

/** Large enough that handing a window to another thread costs nothing beside its parsing, about 1 ms. */
const WINDOW_BYTES = 256 * 1024;
/** Room for the first bytes of a body: it doubles as they come, so that clients who send little hold little. */
const FIRST_ROOM_BYTES = 16 * 1024;
/**
 * How many bytes may come of one. Citizens who differ in nothing but their ids and have long texts are compressed 600
 * times by brotli, everyday ones 12 times; gzip ends at 1,032, and 3 KB of brotli can become 4 GiB.
 */
const MAX_EXPANSION = 1000;
/** Whatever it came of. */
const FREE_DECODED_BYTES = 16 * 1024 * 1024;

export type ReadWindowsOptions = {
  decoding: ContentDecoding;
  /** What the body may have at most, decoded. */
  limitBytes: number;
  windowBytes?: number;
  /** Counts what is held here. A window goes on counting, with its whole buffer, until its taker gives it back. */
  account?: BodyAccount;
};

type Window = Buffer<ArrayBuffer>;

/** Puts pieces of any size together into windows; holds one that is not full, and those that nobody has taken yet. */
function createWindows(windowBytes: number, announced: number | undefined, account: BodyAccount) {
  const full: Window[] = [];
  let filling: Window | undefined;
  let length = 0;
  let totalBytes = 0;

  /** A sender of a whole window has earned the room for the next; nobody gets more than the body can still fill. */
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
    /** What is left at the end: less than a window; undefined if nothing. */
    takeLast: () => filling?.subarray(0, length),
  };
}

function malformed(decoding: ContentDecoding): ServiceError {
  return new ServiceError(
    'MALFORMED_ENCODING',
    `The body is not ${decoding}, as its Content-Encoding says, or is not whole.`,
  );
}

function expandedTooFar(): ServiceError {
  return new ServiceError(
    'COMPRESSED_TOO_FAR',
    `The body becomes more than ${MAX_EXPANSION} times as long when it is decoded.`,
  );
}

/** Whether bytes follow what the decoder took for the end. Node leaves them out in silence; they may be half an import. */
function hasMore(
  request: IncomingMessage,
  decoder: Transform & { bytesWritten?: number },
  receivedBytes: number,
): boolean {
  return !request.readableEnded || (decoder.bytesWritten ?? receivedBytes) < receivedBytes;
}

/**
 * Reads a body in windows: all of `windowBytes`, but for the last, and each in an ArrayBuffer of its own, which may be
 * transferred. While nobody asks for the next window, at most one more is read and the socket is paused then. When the
 * reader stops early, or an error is thrown, what is left of the body is read and forgotten, so that the answer can
 * arrive.
 * @throws ServiceError EMPTY_BODY, BODY_TOO_LARGE, COMPRESSED_TOO_FAR, BODY_CUT_OFF, REQUEST_TIMEOUT,
 * MALFORMED_ENCODING, and what the account throws
 */
export async function* readWindows(
  request: IncomingMessage,
  { decoding, limitBytes, windowBytes = WINDOW_BYTES, account = UNCOUNTED }: ReadWindowsOptions,
): AsyncGenerator<Window, void, undefined> {
  // Also what is announced encoded: no encoding in use makes a body larger than it was by more than a few bytes.
  refuseTooLarge(request, limitBytes);
  // Who reads later than the request came may find the client gone; no event would tell of it any more.
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
  /** Before the decoder has the piece. */
  function onReceived(piece: Buffer): void {
    if (receivedBytes === 0) {
      const bytes = decoderBytes(decoding, piece[0] as number);
      if (!succeeds(() => account.take(bytes))) return;
      takenForDecoder = bytes;
    }
    receivedBytes += piece.length;
  }
  function onPiece(piece: Buffer): void {
    const bytes = windows.totalBytes() + piece.length;
    if (bytes > limitBytes) {
      fail(tooLarge(limitBytes));
      return;
    }
    if (decoder !== undefined && bytes > FREE_DECODED_BYTES + MAX_EXPANSION * receivedBytes) {
      fail(expandedTooFar());
      return;
    }
    if (!succeeds(() => windows.add(piece)) || !windows.hasFull()) return;
    source.pause();
    wake();
  }
  function onEnd(): void {
    isEnded = true;
    if (decoder !== undefined && hasMore(request, decoder, receivedBytes)) fail(malformed(decoding));
    else if (windows.totalBytes() === 0) fail(emptyBody());
    else wake();
  }
  const onRequestError = (reason: Error) => fail(reason instanceof ServiceError ? reason : cutOff());
  const onRequestClose = () => {
    if (!request.readableEnded) fail(cutOff());
  };
  const onDecoderError = () => fail(receivedBytes === 0 ? emptyBody() : malformed(decoding));

  /** Lets go of the request, whatever state it is in, and of what the decoder holds. */
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
    // It stays: a decoder that is destroyed at work may still tell of it.
    decoder.on('error', onDecoderError);
    request.on('data', onReceived).pipe(decoder);
  }
  source.on('data', onPiece).on('end', onEnd);
  try {
    for (;;) {
      if (failure !== undefined) throw failure;
      const window = windows.takeFull();
      if (window !== undefined) {
        // The next one comes while this one is worked on.
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
