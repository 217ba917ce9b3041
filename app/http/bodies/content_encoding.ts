import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Context } from 'koa';
import { ServiceError } from '../../errors.js';

export type ContentDecoding = 'identity' | 'gzip' | 'deflate' | 'br' | 'zstd';

/** Each chunk is a round trip to libuv's thread pool; Node's default of 16 KB would take four times as many. */
const DECODED_PIECE_BYTES = 64 * 1024;

/** RFC 9659 limits the window of a zstd body to 8 MB. The decoder's default is 128 MB. */
const MAX_ZSTD_WINDOW_BITS = 23;
/** ZSTD_d_windowLogMax in zstd.h. */
const ZSTD_WINDOW_LOG_MAX = 100;

type DecoderOptions = { chunkSize: number; params?: Record<number, number> };

/** Available since Node 22.15; the type definitions are those of Node 20, the oldest supported version. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: DecoderOptions) => Transform };

const DECODERS: Readonly<Partial<Record<ContentDecoding, (options: DecoderOptions) => Transform>>> = {
  gzip: zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
  ...(createZstdDecompress && {
    zstd: (options) => createZstdDecompress({ ...options, params: { [ZSTD_WINDOW_LOG_MAX]: MAX_ZSTD_WINDOW_BITS } }),
  }),
};

/** Decodings that this version of Node supports, `identity` first. */
export const DECODINGS: readonly ContentDecoding[] = ['identity', ...(Object.keys(DECODERS) as ContentDecoding[])];

/**
 * Returns the decoding that Content-Encoding calls for. `taken` lists the decodings that the path accepts; the error
 * repeats them in its Accept-Encoding header (RFC 9110 12.5.3). Multiple encodings are refused: nobody needs them, and
 * each one multiplies the possible expansion.
 * @throws ServiceError UNSUPPORTED_CONTENT_ENCODING
 */
export function contentDecoding(ctx: Context, taken: readonly ContentDecoding[] = DECODINGS): ContentDecoding {
  const named = ctx.get('Content-Encoding').trim().toLowerCase();
  // RFC 9110 8.4.1.3: x-gzip is an alias of gzip.
  const wanted = named === '' ? 'identity' : named === 'x-gzip' ? 'gzip' : named;
  const decoding = taken.find((known) => known === wanted);
  if (decoding !== undefined) return decoding;
  const encodings = taken.filter((known) => known !== 'identity');
  const advice = encodings.length === 0 ? 'without Content-Encoding' : `plain or in one of ${encodings.join(', ')}`;
  throw new ServiceError('UNSUPPORTED_CONTENT_ENCODING', `Please send the body ${advice}.`, {
    headers: { 'Accept-Encoding': taken.join(', ') },
  });
}

/** Creates the decoding stream; undefined for `identity`. */
export function createDecoder(decoding: ContentDecoding): Transform | undefined {
  return DECODERS[decoding]?.({ chunkSize: DECODED_PIECE_BYTES });
}

/** Chunks on both sides of a decoder, its state, and zlib's window of 32 KB. */
const DECODER_BYTES = 256 * 1024;
/** The Huffman tables of a brotli meta-block: 256 trees each of literals, commands and distances, 2.7 MB. */
const MAX_BROTLI_TABLES_BYTES = 3 * 1024 * 1024;
const MAX_BROTLI_WINDOW_BITS = 24;

/** Size of the window that a brotli stream declares in its first byte (RFC 7932 9.1), in bits. */
function brotliWindowBits(firstByte: number): number {
  if ((firstByte & 1) === 0) return 16;
  const high = (firstByte >> 1) & 7;
  if (high !== 0) return 17 + high;
  const low = (firstByte >> 4) & 7;
  if (low === 0) return 17;
  // 1 declares a non-standard large window, which the decoder refuses.
  return low === 1 ? MAX_BROTLI_WINDOW_BITS : 8 + low;
}

/** Upper bound of the memory, in bytes, of the decoder of a body that begins with this byte. */
export function decoderBytes(decoding: ContentDecoding, firstByte: number): number {
  if (decoding === 'br') return DECODER_BYTES + MAX_BROTLI_TABLES_BYTES + 2 ** brotliWindowBits(firstByte);
  // A zstd block of 128 KB fits within the chunks.
  return DECODER_BYTES + (decoding === 'zstd' ? 2 ** MAX_ZSTD_WINDOW_BITS : 0);
}
