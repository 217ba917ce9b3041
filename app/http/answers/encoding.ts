import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';

/** The content encoding of a response; `identity` is uncompressed. */
export type Encoding = 'identity' | 'gzip' | 'br';

/** Below this size the additional headers outweigh the savings. */
const MIN_BYTES = 1024;
/** Level 3 compresses 2 MB of citizens as JSON to 12% in 8 ms; gzip 6 reaches 10% in 18 ms, br 5 9% in 22 ms. */
const GZIP_OPTIONS = { level: 3 };
const BROTLI_QUALITY = 3;

const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

function brotliOptions(bytes: number): object {
  return { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes } };
}

/**
 * Accept-Encoding -> encoding. Browsers send a handful of values, and parsing one takes 2% of the time of a small GET.
 */
const meanings = new LRUCache<string, Encoding>({ max: 100 });

/**
 * The encoding to use according to Accept-Encoding; `identity` if the client refuses every encoding (allowed by RFC
 * 9110 12.5.3).
 */
export function acceptedEncoding(ctx: Context): Encoding {
  const header = ctx.req.headers['accept-encoding'];
  const known = header === undefined ? undefined : meanings.get(String(header));
  if (known !== undefined) return known;
  const wanted = ctx.acceptsEncodings('br', 'gzip', 'identity');
  const encoding = wanted === 'br' || wanted === 'gzip' ? wanted : 'identity';
  if (header !== undefined) meanings.set(String(header), encoding);
  return encoding;
}

/** Whether a response of this size is worth compressing. */
export function isWorthCompressing(bytes: number): boolean {
  return bytes >= MIN_BYTES;
}

/** Compresses in libuv's thread pool. */
export function compress(bytes: Buffer, encoding: 'gzip' | 'br'): Promise<Buffer> {
  return encoding === 'gzip' ? gzipAsync(bytes, GZIP_OPTIONS) : brotliAsync(bytes, brotliOptions(bytes.length));
}

/** The streaming counterpart of `compress`, for responses too long to be held twice. */
export function createCompressor(encoding: 'gzip' | 'br', bytes: number): Transform {
  return encoding === 'gzip' ? createGzip(GZIP_OPTIONS) : createBrotliCompress(brotliOptions(bytes));
}
