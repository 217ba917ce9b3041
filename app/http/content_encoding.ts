import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Context } from 'koa';
import { ServiceError } from '../errors.js';

export type ContentDecoding = 'identity' | 'gzip' | 'deflate' | 'br' | 'zstd';

/** A decoder works in a thread of Node's pool; pieces of 16 KB, Node's default, make four times as many trips there. */
const DECODED_PIECE_BYTES = 64 * 1024;

/** Node has it from 22.15 on; the types of Node 20, which is the least we ask for, do not. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: zlib.ZlibOptions) => Transform };

const DECODERS: Readonly<Partial<Record<ContentDecoding, (options: zlib.ZlibOptions) => Transform>>> = {
  gzip: zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
  ...(createZstdDecompress && { zstd: createZstdDecompress }),
};

/** The encodings of a body that this Node can undo, the plainest first. */
export const DECODINGS: readonly ContentDecoding[] = ['identity', ...(Object.keys(DECODERS) as ContentDecoding[])];

/**
 * What must be undone of the body, as Content-Encoding says. `taken` are the decodings that the path knows; a refusal
 * names them in Accept-Encoding too (RFC 9110 12.5.3). More than one encoding at once is refused: nobody needs it, and
 * each multiplies what a few bytes can become.
 * @throws ServiceError UNSUPPORTED_CONTENT_ENCODING
 */
export function contentDecoding(ctx: Context, taken: readonly ContentDecoding[] = DECODINGS): ContentDecoding {
  const named = ctx.get('Content-Encoding').trim().toLowerCase();
  // RFC 9110 8.4.1.3: x-gzip is the same.
  const wanted = named === '' ? 'identity' : named === 'x-gzip' ? 'gzip' : named;
  const decoding = taken.find((known) => known === wanted);
  if (decoding !== undefined) return decoding;
  const encodings = taken.filter((known) => known !== 'identity');
  const advice = encodings.length === 0 ? 'without Content-Encoding' : `plain or in one of ${encodings.join(', ')}`;
  throw new ServiceError('UNSUPPORTED_CONTENT_ENCODING', `Please send the body ${advice}.`, {
    headers: { 'Accept-Encoding': taken.join(', ') },
  });
}

/** The stream that undoes an encoding; undefined for `identity`. */
export function createDecoder(decoding: ContentDecoding): Transform | undefined {
  return DECODERS[decoding]?.({ chunkSize: DECODED_PIECE_BYTES });
}
