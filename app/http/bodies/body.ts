import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { parse as parseContentType } from 'content-type';
import type { Context, Middleware, Next } from 'koa';
import getRawBody from 'raw-body';
import { ServiceError } from '../../errors.js';
import { parseJson } from '../json/json_parse.js';
import { jsonFaultText, MalformedJson } from '../json/json_scan.js';
import { parseQueryString } from '../query/query_string.js';
import { createViolationList, invalidInput, pointerBelow } from '../violations.js';
import { announcedLength } from './announced_length.js';
import type { BodyAccount, BodyBudget } from './body_budget.js';
import { type ContentDecoding, contentDecoding } from './content_encoding.js';
import { guessForeign, HEAD_BYTES } from './foreign_bytes.js';
import { isBlankText, startOfText } from './text_start.js';
import { createUtf8Check } from './utf8_check.js';

/** Enough for a citizen with 60,000 relatives. Small bodies are parsed on the event loop, which bounds them. */
const SMALL_BODY_LIMIT_BYTES = 1024 * 1024;
/** A body exists as received chunks, as one buffer, and as the string that JSON.parse reads. */
const COPIES_OF_SMALL_BODY = 3;

/** Content encodings accepted for small bodies. */
const TAKEN_ENCODINGS: readonly ContentDecoding[] = ['identity'];

export function tooLarge(limitBytes: number): ServiceError {
  return new ServiceError('BODY_TOO_LARGE', `The body may have at most ${limitBytes} bytes.`);
}

/**
 * Refuses a body by its Content-Length, before reading any of it.
 * @throws ServiceError BODY_TOO_LARGE
 */
export function refuseTooLarge(request: IncomingMessage, limitBytes: number): void {
  if ((announcedLength(request) ?? 0) > limitBytes) throw tooLarge(limitBytes);
}

/**
 * Returns the element of `types` that matches the Content-Type; a charset other than UTF-8 does not match. The error
 * lists `types` in its Accept header as well (RFC 9110 15.5.16).
 * @throws ServiceError UNSUPPORTED_MEDIA_TYPE
 */
export function requireMediaType<Type extends string>(ctx: Context, types: readonly Type[]): Type {
  const header = ctx.get('Content-Type');
  // As most clients send it.
  const plain = types.find((known) => known === header);
  if (plain !== undefined) return plain;
  const { type: named, parameters } = parseContentType(header);
  const type = types.find((known) => known === named);
  if (type === undefined || !/^(?:utf-?8)?$/i.test(parameters['charset'] ?? '')) {
    throw new ServiceError('UNSUPPORTED_MEDIA_TYPE', `Please send ${types.join(' or ')} in UTF-8.`, {
      headers: { Accept: types.join(', ') },
    });
  }
  return type;
}

const JSON_TYPE = 'application/json';
export const FORM_TYPE = 'application/x-www-form-urlencoded';

export function cutOff(): ServiceError {
  return new ServiceError('BODY_CUT_OFF', 'The connection ended before the end of the body. Nothing was stored.');
}

/** `offset` is that of the first byte that is not UTF-8; `guess` is a sentence about what the body may be. */
export function notUtf8(offset: number, guess: string | undefined): ServiceError {
  const found = `The body has bytes that are not UTF-8, the first at byte ${offset}.`;
  return new ServiceError('INVALID_UTF8', guess === undefined ? found : `${found} ${guess}`);
}

export function emptyBody(): ServiceError {
  return new ServiceError('EMPTY_BODY', 'The body is empty.');
}

export function malformedJson(fault: MalformedJson): ServiceError {
  return new ServiceError('MALFORMED_JSON', `The body is not JSON: ${jsonFaultText(fault)}.`);
}

/** Errors of raw-body, whose `type` names the cause. */
type ReadFailure = Error & { type?: string };

/** Reads a complete uncompressed body of at most `limitBytes`. */
async function readSmallBody(
  request: IncomingMessage,
  limitBytes: number,
  account: BodyAccount | undefined,
): Promise<Buffer> {
  function count(piece: Buffer): void {
    try {
      account?.take(COPIES_OF_SMALL_BODY * piece.length);
    } catch (reason) {
      request.off('data', count).emit('error', reason);
    }
  }
  request.on('data', count);
  try {
    return await getRawBody(request, { limit: limitBytes });
  } catch (reason) {
    // raw-body stops reading at the limit; a client that is still sending would never see the response.
    request.resume();
    if (reason instanceof ServiceError) throw reason;
    throw (reason as ReadFailure).type === 'entity.too.large' ? tooLarge(limitBytes) : cutOff();
  } finally {
    request.off('data', count);
  }
}

/**
 * Parses a form into an object.
 * @throws ServiceError INVALID_INPUT for a repeated field
 */
function parseForm(text: string): Record<string, string> {
  const list = createViolationList('Nothing was stored.');
  const fields = [...parseQueryString(text, '')].map(([name, values]): [string, string] => {
    if (values.length > 1) {
      list.add({ pointer: pointerBelow('', name), code: 'NOT_ALLOWED', detail: 'must be given once' });
    }
    return [name, values[0] as string];
  });
  if (list.count() > 0) throw invalidInput(list);
  return Object.fromEntries(fields);
}

function parseBody(bytes: Buffer, type: string): unknown {
  if (!isUtf8(bytes)) {
    const utf8 = createUtf8Check();
    const fault = (utf8.push(bytes) ?? utf8.end()) as number;
    throw notUtf8(fault, guessForeign(bytes.subarray(0, HEAD_BYTES), bytes.subarray(fault), TAKEN_ENCODINGS));
  }
  const start = startOfText(bytes);
  if (isBlankText(bytes, 0)) throw emptyBody();
  if (type === FORM_TYPE) return parseForm(bytes.toString('utf8', start));
  try {
    return parseJson(bytes.subarray(start));
  } catch (reason) {
    throw reason instanceof MalformedJson ? malformedJson(reason.movedBy(start)) : reason;
  }
}

function smallBody(types: readonly string[], limitBytes: number, budget: BodyBudget | undefined): Middleware {
  const limit = Math.min(limitBytes, SMALL_BODY_LIMIT_BYTES);
  return async (ctx: Context, next: Next) => {
    const type = requireMediaType(ctx, types);
    contentDecoding(ctx, TAKEN_ENCODINGS);
    refuseTooLarge(ctx.req, limit);
    const work = async (account?: BodyAccount) => {
      ctx.state['body'] = parseBody(await readSmallBody(ctx.req, limit, account), type);
      ctx.state['isForm'] = type === FORM_TYPE;
      await next();
    };
    if (budget === undefined) await work();
    else await budget.spend(ctx.req, work, COPIES_OF_SMALL_BODY * (announcedLength(ctx.req) ?? 0));
  };
}

/**
 * Middleware for small JSON bodies: sets ctx.state.body or throws a ServiceError that names the fault. The size limit
 * is `limitBytes` or SMALL_BODY_LIMIT_BYTES, whichever is less. `budget` accounts for the body until the request is
 * answered.
 */
export function smallJsonBody(limitBytes = SMALL_BODY_LIMIT_BYTES, budget?: BodyBudget): Middleware {
  return smallBody([JSON_TYPE], limitBytes, budget);
}

/**
 * The same, but accepts forms as well; their fields become string members of an object, and ctx.state.isForm is set to
 * whether the body was a form.
 */
export function smallFormBody(limitBytes = SMALL_BODY_LIMIT_BYTES, budget?: BodyBudget): Middleware {
  return smallBody([JSON_TYPE, FORM_TYPE], limitBytes, budget);
}

/** As smallFormBody, for requests that may do without a body: ctx.state.body is an empty object then. */
export function optionalFormBody(limitBytes = SMALL_BODY_LIMIT_BYTES, budget?: BodyBudget): Middleware {
  const read = smallFormBody(limitBytes, budget);
  return (ctx, next) => {
    const isChunked = ctx.get('Transfer-Encoding') !== '';
    if (isChunked || (announcedLength(ctx.req) ?? 0) > 0) return read(ctx, next);
    ctx.state['body'] = {};
    return next();
  };
}
