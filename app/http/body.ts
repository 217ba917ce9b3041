import type { IncomingMessage } from 'node:http';
import { parse as parseContentType } from 'content-type';
import type { Context, Middleware, Next } from 'koa';
import bodyParser from 'koa-bodyparser';
import { hasCode, ServiceError } from '../errors.js';
import { contentDecoding } from './content_encoding.js';

/** What a single record may take: a citizen with 60,000 relatives. It is parsed on the event loop, so no more. */
const SMALL_BODY_LIMIT_BYTES = 1024 * 1024;

export function tooLarge(limitBytes: number): ServiceError {
  return new ServiceError('BODY_TOO_LARGE', `The body may have at most ${limitBytes} bytes.`);
}

/** The length that the client announced; undefined for a chunked body. */
export function announcedLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

/** Refuses a body that is announced as too large, before a byte of it is read. @throws ServiceError BODY_TOO_LARGE */
export function refuseTooLarge(request: IncomingMessage, limitBytes: number): void {
  if ((announcedLength(request) ?? 0) > limitBytes) throw tooLarge(limitBytes);
}

/**
 * Answers which of `types` the body is, by its Content-Type; a charset other than UTF-8 is none of them. A refusal
 * names all of them, in the header Accept too (RFC 9110 15.5.16).
 * @throws ServiceError UNSUPPORTED_MEDIA_TYPE
 */
export function requireMediaType<Type extends string>(ctx: Context, types: readonly Type[]): Type {
  const { type: named, parameters } = parseContentType(ctx.get('Content-Type'));
  const type = types.find((known) => known === named);
  if (type === undefined || !/^(?:utf-?8)?$/i.test(parameters['charset'] ?? '')) {
    throw new ServiceError('UNSUPPORTED_MEDIA_TYPE', `Please send ${types.join(' or ')} in UTF-8.`, {
      headers: { Accept: types.join(', ') },
    });
  }
  return type;
}

/** Lets only plain JSON pass. @throws ServiceError UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED_CONTENT_ENCODING */
export function requireJson(ctx: Context): void {
  requireMediaType(ctx, ['application/json']);
  contentDecoding(ctx, ['identity']);
}

export function cutOff(): ServiceError {
  return new ServiceError('BODY_CUT_OFF', 'The connection ended before the body did. Nothing was stored.');
}

export function notUtf8(): ServiceError {
  return new ServiceError('INVALID_UTF8', 'The body has bytes that are not UTF-8.');
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === '';
}

export function emptyBody(): ServiceError {
  return new ServiceError('EMPTY_BODY', 'The body is empty.');
}

/** `place` is where the fault shows: "byte 17". The text itself is not repeated: it may be private. */
export function malformedJson(place: string | undefined): ServiceError {
  return new ServiceError(
    'MALFORMED_JSON',
    place === undefined ? 'The body is not JSON.' : `The body is not JSON: the fault is at ${place}.`,
  );
}

/** How V8 ends a message that knows where; one that quotes the text ends otherwise, whatever that text says. */
const POSITION = / at (position \d+)(?: \(line \d+ column \d+\))?$/;

type BodyParserError = Error & { type?: string; body?: string };

function fromBodyParser(reason: BodyParserError, limitBytes: number): ServiceError {
  if (reason instanceof ServiceError) return reason;
  if (reason.type === 'entity.too.large') return tooLarge(limitBytes);
  if (reason instanceof SyntaxError) {
    return isBlank(reason.body) ? emptyBody() : malformedJson(POSITION.exec(reason.message)?.[1]);
  }
  return cutOff();
}

/** The parser decodes leniently and would store U+FFFD for a broken byte, so the bytes are looked at as they pass. */
function watchUtf8(request: IncomingMessage): () => void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let isValid = true;
  const decodes = (chunk?: Buffer) => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
      return true;
    } catch {
      return false;
    }
  };
  request.on('data', (chunk: Buffer) => {
    isValid &&= decodes(chunk);
  });
  return () => {
    if (!isValid || !decodes()) throw notUtf8();
  };
}

/**
 * Middleware for small JSON bodies: sets ctx.request.body, or throws a ServiceError that says what is wrong. The limit
 * is SMALL_BODY_LIMIT_BYTES, or `limitBytes` where that is less.
 */
export function smallJsonBody(limitBytes = SMALL_BODY_LIMIT_BYTES): Middleware {
  const limit = Math.min(limitBytes, SMALL_BODY_LIMIT_BYTES);
  const parse = bodyParser({
    // requireJson has looked at the content type; the parser's own look stumbles over parameters and takes no value
    // but objects and lists for JSON, which is for the schema to say.
    detectJSON: () => true,
    strict: false,
    jsonLimit: String(limit),
    // A key `__proto__` is left to the schema, which names it as the unknown field that it is.
    ...{ onProtoPoisoning: 'ignore' },
    onerror(reason) {
      throw fromBodyParser(reason, limit);
    },
  });
  return async (ctx: Context, next: Next) => {
    requireJson(ctx);
    refuseTooLarge(ctx.req, limit);
    // The parser knows `identity` in lower case only, and there is nothing else left here.
    delete ctx.req.headers['content-encoding'];
    const requireUtf8 = watchUtf8(ctx.req);
    try {
      await parse(ctx, async () => {});
    } catch (reason) {
      // The parser stops reading at the limit; a client that is still writing would never see its answer.
      ctx.req.resume();
      // What is not UTF-8 is hardly ever JSON: the cause is told, not its effect.
      if (hasCode(reason, 'MALFORMED_JSON')) requireUtf8();
      throw reason;
    }
    requireUtf8();
    if (isBlank(String(ctx.request.rawBody ?? ''))) throw emptyBody();
    await next();
  };
}
