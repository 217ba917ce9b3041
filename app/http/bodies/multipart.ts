import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { Context } from 'koa';
import { ServiceError } from '../../errors.js';
import { cutOff, refuseTooLarge, requireMediaType, tooLarge } from './body.js';
import type { BodyAccount } from './body_budget.js';
import { contentDecoding } from './content_encoding.js';

export const MULTIPART_TYPE = 'multipart/form-data';

/** Forms of browsers and of curl have two or three headers a part. */
const MAX_HEADERS_A_PART = 20;
const MAX_HEADER_BYTES = 8 * 1024;

/** `filename` is undefined for a field; `type` is what the client says, in lower case. */
export type Part = { name: string; filename: string | undefined; type: string };

type MultipartLimits = {
  /** Of the whole body. */
  limitBytes: number;
  maxParts: number;
};

/**
 * Called for each part in order; the next part may begin before this one is taken. What it does not read of `bytes` is
 * skipped; the body is read as fast as it reads.
 * What it throws refuses the request.
 */
type TakePart = (part: Part, bytes: Readable) => Promise<void>;

function malformedForm(detail: string, cause?: unknown): ServiceError {
  return new ServiceError('MALFORMED_FORM', `The body is not a form: ${detail}. Nothing was stored.`, { cause });
}

/** @throws ServiceError MALFORMED_FORM */
function createParser(ctx: Context, maxParts: number): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...ctx.req.headers, 'content-type': ctx.get('Content-Type') },
      // Fields are read as bytes as well: their text may be in any encoding.
      isPartAFile: () => true,
      limits: { parts: maxParts, headerPairs: MAX_HEADERS_A_PART, headerSize: MAX_HEADER_BYTES },
    });
  } catch (cause) {
    throw malformedForm('its Content-Type names no boundary', cause);
  }
}

/**
 * Reads a form as it arrives, part by part (RFC 7578). After a refusal the rest of the body is read and dropped, so that
 * the client gets the answer.
 * @throws ServiceError MALFORMED_FORM, UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, BODY_CUT_OFF, REQUEST_TIMEOUT, and what
 * `take` throws
 */
export async function readMultipart(ctx: Context, limits: MultipartLimits, take: TakePart): Promise<void> {
  requireMediaType(ctx, [MULTIPART_TYPE]);
  contentDecoding(ctx, ['identity']);
  refuseTooLarge(ctx.req, limits.limitBytes);
  const { req } = ctx;
  // The client may be gone before reading starts; no event would report it later.
  if (req.destroyed) throw cutOff();
  const parser = createParser(ctx, limits.maxParts);
  let readBytes = 0;
  let isSettled = false;
  const taken: Promise<void>[] = [];
  const open = new Set<Readable>();

  await new Promise<void>((resolve, reject) => {
    function settle(finish: () => void): void {
      if (isSettled) return;
      isSettled = true;
      req.off('data', count).off('close', onClose).off('error', onError);
      finish();
    }
    function fail(reason: unknown): void {
      settle(() => {
        req.unpipe(parser);
        req.resume();
        for (const bytes of open) bytes.destroy();
        reject(reason);
      });
    }
    function count(piece: Buffer): void {
      readBytes += piece.length;
      if (readBytes > limits.limitBytes) fail(tooLarge(limits.limitBytes));
    }
    function onClose(): void {
      if (!req.complete) fail(cutOff());
    }
    function onError(reason: unknown): void {
      fail(reason instanceof ServiceError ? reason : cutOff());
    }

    parser.on('file', (name, bytes, filename, _encoding, type) => {
      open.add(bytes);
      bytes.once('error', (cause) => fail(malformedForm('it ends within a part', cause)));
      // Errors after the first one have no other listener.
      bytes.on('error', () => {});
      bytes.once('end', () => open.delete(bytes));
      taken.push(
        take({ name: name ?? '', filename, type }, bytes).then(() => {
          bytes.resume();
        }, fail),
      );
    });
    parser.once('partsLimit', () => fail(malformedForm(`it has more than ${limits.maxParts} parts`)));
    parser.on('error', (cause) => fail(malformedForm('its parts do not end as the boundary says', cause)));
    parser.once('finish', () => {
      Promise.all(taken).then(() => settle(resolve), fail);
    });
    req.on('data', count).once('close', onClose).once('error', onError);
    req.pipe(parser);
  });
}

/**
 * Reads a part into memory, which the account counts.
 * @throws ServiceError BODY_TOO_LARGE when the part is longer than `limitBytes`
 */
export async function collectPart(bytes: Readable, limitBytes: number, account: BodyAccount): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of bytes as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > limitBytes) throw tooLarge(limitBytes);
    account.take(piece.length);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}
