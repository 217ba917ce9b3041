import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Context } from 'koa';
import { ServiceError } from '../../errors.js';

export type ContentDecoding = 'identity' | 'gzip' | 'deflate' | 'br' | 'zstd';

/** A decoder works in a thread of Node's pool; pieces of 16 KB, Node's default, make four times as many trips there. */
const DECODED_PIECE_BYTES = 64 * 1024;

/** RFC 9659: a zstd body has a window of at most 8 MB. The decoder takes 128 unless it is told. */
const MAX_ZSTD_WINDOW_BITS = 23;
/** ZSTD_d_windowLogMax in zstd.h. */
const ZSTD_WINDOW_LOG_MAX = 100;

type DecoderOptions = { chunkSize: number; params?: Record<number, number> };

/** Node has it from 22.15 on; the types of Node 20, which is the oldest that is supported, do not. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: DecoderOptions) => Transform };

const DECODERS: Readonly<Partial<Record<ContentDecoding, (options: DecoderOptions) => Transform>>> = {
  gzip: zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
  ...(createZstdDecompress && {
    zstd: (options) => createZstdDecompress({ ...options, params: { [ZSTD_WINDOW_LOG_MAX]: MAX_ZSTD_WINDOW_BITS } }),
  }),
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

/** Pieces on both sides of a decoder, its state, and zlib's window of 32 KB. */
const DECODER_BYTES = 256 * 1024;
/** The Huffman tables of a brotli meta-block: 256 trees each of literals, commands and distances, 2.7 MB. */
const MAX_BROTLI_TABLES_BYTES = 3 * 1024 * 1024;
const MAX_BROTLI_WINDOW_BITS = 24;

/** The window that a brotli stream asks for in its first byte (RFC 7932 9.1), in bits. */
function brotliWindowBits(firstByte: number): number {
  if ((firstByte & 1) === 0) return 16;
  const high = (firstByte >> 1) & 7;
  if (high !== 0) return 17 + high;
  const low = (firstByte >> 4) & 7;
  if (low === 0) return 17;
  // 1 announces a window beyond the standard, which the decoder refuses.
  return low === 1 ? MAX_BROTLI_WINDOW_BITS : 8 + low;
}

/** What the decoder of a body that begins with this byte may come to hold, in bytes. */
export function decoderBytes(decoding: ContentDecoding, firstByte: number): number {
  if (decoding === 'br') return DECODER_BYTES + MAX_BROTLI_TABLES_BYTES + 2 ** brotliWindowBits(firstByte);
  // zstd keeps a block of 128 KB besides, within the pieces.
  return DECODER_BYTES + (decoding === 'zstd' ? 2 ** MAX_ZSTD_WINDOW_BITS : 0);
}
