import { ServiceError } from '../../errors.js';
import { pointerBelow } from '../violations.js';

/** Parameters in the order of their first occurrence, each with all its values. */
type QueryString = ReadonlyMap<string, readonly string[]>;

/** No route has more than a dozen; headers of 16 KB hold 8,000. */
export const MAX_PARAMETERS = 100;

/** Decoders replace invalid bytes with this character, but it may also be part of the request. */
const REPLACEMENT = '\uFFFD';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

/** Percent-decodes a text into bytes. */
function toBytes(encoded: string): Buffer {
  const latin1 = encoded.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(latin1, 'latin1');
}

/** Offset of the first byte that is not UTF-8. O(bytes). */
function firstWrongByte(bytes: Buffer): number {
  const text = bytes.toString();
  let offset = 0;
  let from = 0;
  for (;;) {
    const place = text.indexOf(REPLACEMENT, from);
    offset += Buffer.byteLength(text.slice(from, place));
    if (!bytes.subarray(offset, offset + REPLACEMENT_BYTES.length).equals(REPLACEMENT_BYTES)) return offset;
    offset += REPLACEMENT_BYTES.length;
    from = place + 1;
  }
}

/**
 * The error for a text that cannot be decoded. `name` is undefined if the parameter name itself is invalid; `base` is
 * the pointer to the query or the form.
 */
function wrongEncoding(encoded: string, base: string, name: string | undefined): ServiceError {
  const pointer = name === undefined ? base : pointerBelow(base, name);
  const kind = base === '' ? 'field' : 'query parameter';
  const what = name === undefined ? `The name of a ${kind}` : `The value of ${pointer}`;
  if (/%(?![0-9a-f]{2})/i.test(encoded)) {
    const detail = 'has a % that is not followed by two hexadecimal digits; write % itself as %25';
    return new ServiceError('INVALID_INPUT', `${what} ${detail}.`, {
      violations: [{ pointer, code: 'WRONG_FORM', detail }],
    });
  }
  const bytes = toBytes(encoded);
  const offset = firstWrongByte(bytes);
  const hex = bytes.toString('hex', offset, offset + 1).toUpperCase();
  const detail = `is not UTF-8: it has the byte %${hex} at offset ${offset}`;
  return new ServiceError('INVALID_UTF8', `${what} ${detail}.`, {
    violations: [{ pointer, code: 'WRONG_FORM', detail }],
  });
}

/**
 * Decodes a name or a value.
 * @throws ServiceError INVALID_UTF8, INVALID_INPUT
 */
function decode(text: string, base: string, name?: string): string {
  const encoded = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw wrongEncoding(encoded, base, name);
  }
}

function tooMany(base: string): ServiceError {
  const detail = `must have at most ${MAX_PARAMETERS} parameters`;
  return new ServiceError('INVALID_INPUT', `The request ${detail}.`, {
    violations: [{ pointer: base, code: 'OUT_OF_RANGE', detail }],
  });
}

/**
 * Parses the query of a URL or the body of a form: `&` separates parameters, `+` is a blank. `base` is the JSON Pointer
 * to the whole text. O(length).
 * @throws ServiceError INVALID_UTF8 for a text that is not UTF-8; INVALID_INPUT for a `%` without two hexadecimal
 * digits and for more than MAX_PARAMETERS parameters
 */
export function parseQueryString(text: string, base = '/query'): QueryString {
  const found = new Map<string, string[]>();
  let count = 0;
  for (let from = 0; from < text.length; ) {
    const ampersand = text.indexOf('&', from);
    const end = ampersand === -1 ? text.length : ampersand;
    const pair = text.slice(from, end);
    from = end + 1;
    if (pair === '') continue;
    count++;
    if (count > MAX_PARAMETERS) throw tooMany(base);
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals), base);
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1), base, name);
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
  return found;
}
