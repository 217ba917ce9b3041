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

/** What a single record may take: a citizen with 60,000 relatives. It is parsed on the event loop, so no more. */
const SMALL_BODY_LIMIT_BYTES = 1024 * 1024;
/** Each byte is held in the piece that came, in the whole body, and in the text that JSON.parse reads. */
const COPIES_OF_SMALL_BODY = 3;

/** Of a small body. */
const TAKEN_ENCODINGS: readonly ContentDecoding[] = ['identity'];

export function tooLarge(limitBytes: number): ServiceError {
  return new ServiceError('BODY_TOO_LARGE', `The body may have at most ${limitBytes} bytes.`);
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

const JSON_TYPE = 'application/json';
export const FORM_TYPE = 'application/x-www-form-urlencoded';

export function cutOff(): ServiceError {
  return new ServiceError('BODY_CUT_OFF', 'The connection ended before the body did. Nothing was stored.');
}

/** `offset` is the place of the first byte that is not UTF-8; `guess` a sentence about what the body may be. */
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

/** Of raw-body, which names what went wrong in `type`. */
type ReadFailure = Error & { type?: string };

/** The whole body, which is plain bytes, and at most `limitBytes`. */
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
    // The reader stops at the limit; a client that is still writing would never see its answer.
    request.resume();
    if (reason instanceof ServiceError) throw reason;
    throw (reason as ReadFailure).type === 'entity.too.large' ? tooLarge(limitBytes) : cutOff();
  } finally {
    request.off('data', count);
  }
}

/** A form's fields as an object. @throws ServiceError INVALID_INPUT for a field that is there twice */
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
  const utf8 = createUtf8Check();
  const fault = utf8.push(bytes) ?? utf8.end();
  if (fault !== undefined) {
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
 * Middleware for small JSON bodies: sets ctx.state.body, or throws a ServiceError that says what is wrong. The limit
 * is SMALL_BODY_LIMIT_BYTES, or `limitBytes` where that is less. `budget` counts the body until it is answered.
 */
export function smallJsonBody(limitBytes = SMALL_BODY_LIMIT_BYTES, budget?: BodyBudget): Middleware {
  return smallBody([JSON_TYPE], limitBytes, budget);
}

/**
 * The same for bodies that may also be forms, whose fields become the members of an object, all of them strings;
 * ctx.state.isForm says which it was.
 */
export function smallFormBody(limitBytes = SMALL_BODY_LIMIT_BYTES, budget?: BodyBudget): Middleware {
  return smallBody([JSON_TYPE, FORM_TYPE], limitBytes, budget);
}
