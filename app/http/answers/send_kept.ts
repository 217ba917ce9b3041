import { pipeline, Readable } from 'node:stream';
import type { Context } from 'koa';
import { setRepeat } from '../requests/repeatable.js';
import { setDataVersion } from './data_version.js';
import { acceptedEncoding, createCompressor } from './encoding.js';
import { knownBy } from './etags.js';
import { byteLength, type KeptAnswer, type Wanted } from './kept_answers.js';

/** Describes the 304 response of routes whose answers are cached. */
export const NOT_MODIFIED = {
  status: 304,
  description: 'The answer with the ETag in If-None-Match is still current.',
};

/** A short text is sent in one packet with its headers, which is cheaper than two; Koa never does so for bytes. */
const MAX_TEXT_BYTES = 2048;
/** How much of a long answer may be buffered for a slow reader, in addition to the answer itself. */
const PIECES_AHEAD_BYTES = 1024 * 1024;

/** What the request says about its response. */
export function wantedBy(ctx: Context): Wanted {
  return { encoding: acceptedEncoding(ctx), isKnown: knownBy(ctx.req) };
}

/** A long answer is sent, and compressed, at the pace of the client. */
function sendPieces(ctx: Context, { encoding }: KeptAnswer, pieces: readonly Buffer[]): void {
  const text = Readable.from(pieces, { objectMode: false, highWaterMark: PIECES_AHEAD_BYTES });
  if (encoding === 'identity') ctx.length = byteLength(pieces);
  // The body of a response to HEAD is never read, so it is not compressed.
  if (encoding === 'identity' || ctx.method === 'HEAD') {
    ctx.body = text;
  } else {
    // An aborted request is logged as such; Koa then destroys the compressor, which destroys the text.
    ctx.body = pipeline(text, createCompressor(encoding, byteLength(pieces)), () => {});
  }
}

/**
 * Sends an answer with its ETag, or 304. `type` is its content type; `variesBy` lists the request headers that it
 * depends on besides Accept-Encoding. The answer must follow from the URL, these headers, the data and the day in UTC:
 * equal requests get it from the cache without their handler (repeats.ts).
 */
export function sendKept(
  ctx: Context,
  answer: KeptAnswer,
  type = 'application/json',
  variesBy: readonly 'Accept'[] = [],
): void {
  const vary = [...variesBy, 'Accept-Encoding'].join(', ');
  send(ctx, answer, type, vary);
  const { again } = answer;
  if (again === undefined) return;
  setRepeat(ctx, async (later) => {
    const kept = await again(wantedBy(later));
    if (kept !== undefined) send(later, kept, type, vary);
    return kept !== undefined;
  });
}

function send(ctx: Context, answer: KeptAnswer, type: string, vary: string): void {
  const { etag, encoding, pieces, link } = answer;
  ctx.set('Vary', vary);
  ctx.set('ETag', etag);
  if (answer.version !== undefined) setDataVersion(ctx, answer.version);
  // Clients must always revalidate: the data may change at any moment, and revalidation costs one look-up.
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
