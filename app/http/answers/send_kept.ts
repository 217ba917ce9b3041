import { pipeline, Readable } from 'node:stream';
import type { Context } from 'koa';
import { setDataVersion } from './data_version.js';
import { acceptedEncoding, createCompressor } from './encoding.js';
import { knownBy } from './etags.js';
import { byteLength, type KeptAnswer, type Wanted } from './kept_answers.js';

/** How the routes that keep their answers describe the other one. */
export const NOT_MODIFIED = {
  status: 304,
  description: 'Nothing changed since the answer with the ETag in If-None-Match.',
};

/** A short text goes out in one piece with its headers, which costs less than two; bytes never do. */
const MAX_TEXT_BYTES = 2048;
/** Of a long answer, what may wait for a slow reader outside the answer itself. */
const PIECES_AHEAD_BYTES = 1024 * 1024;

/** What a request says about its answer. */
export function wantedBy(ctx: Context): Wanted {
  return { encoding: acceptedEncoding(ctx), isKnown: knownBy(ctx.req) };
}

/** A long answer goes out, and is compressed, as the client takes it. */
function sendPieces(ctx: Context, { encoding }: KeptAnswer, pieces: readonly Buffer[]): void {
  const text = Readable.from(pieces, { objectMode: false, highWaterMark: PIECES_AHEAD_BYTES });
  if (encoding === 'identity') ctx.length = byteLength(pieces);
  // For HEAD nobody reads it, so nothing is compressed in vain.
  if (encoding === 'identity' || ctx.method === 'HEAD') {
    ctx.body = text;
  } else {
    // A client that leaves is in the request's own line of the log; Koa ends the compressor then, and that the text.
    ctx.body = pipeline(text, createCompressor(encoding, byteLength(pieces)), () => {});
  }
}

/**
 * Sends an answer with its ETag, or 304. `type`: its content type. `variesBy`: the headers of the request that it depends
 * on besides Accept-Encoding.
 */
export function sendKept(ctx: Context, answer: KeptAnswer, type = 'application/json', variesBy: string[] = []): void {
  const { etag, encoding, pieces, link } = answer;
  ctx.vary([...variesBy, 'Accept-Encoding']);
  ctx.set('ETag', etag);
  if (answer.version !== undefined) setDataVersion(ctx, answer.version);
  // Always asked for again: it may change at any moment, and asking costs one look-up.
  ctx.set('Cache-Control', 'no-cache');
  if (pieces === undefined) {
    ctx.status = 304;
    return;
  }
  if (link !== undefined) ctx.set('Link', link);
  if (encoding !== 'identity') ctx.set('Content-Encoding', encoding);
  ctx.type = type;
  const [only] = pieces;
  if (pieces.length !== 1 || only === undefined) sendPieces(ctx, answer, pieces);
  else ctx.body = encoding === 'identity' && only.length <= MAX_TEXT_BYTES ? only.toString() : only;
}
