import { ServiceError } from '../../../errors.js';

/** A UUID has 36; the database keeps each key for a day. */
const LONGEST_KEY = 255;
/** A string of RFC 8941, as the IETF draft has it: visible ASCII and spaces, `"` and `\` behind a backslash. */
const QUOTED_KEY = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
/** What most clients send: the same without quotes. It must not be mistaken for a list of two headers. */
const BARE_KEY = /^[\w.:-]+$/;

/**
 * The key in a header `Idempotency-Key`; undefined without one. With and without quotes it is the same key.
 * @throws ServiceError INVALID_IDEMPOTENCY_KEY
 */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const quoted = QUOTED_KEY.exec(header)?.[1]?.replaceAll(/\\(.)/g, '$1');
  const key = quoted ?? (BARE_KEY.test(header) ? header : '');
  if (key.length === 0 || key.length > LONGEST_KEY) {
    throw new ServiceError(
      'INVALID_IDEMPOTENCY_KEY',
      `Idempotency-Key must be 1 to ${LONGEST_KEY} visible ASCII characters in double quotes. Nothing was stored.`,
    );
  }
  return key;
}

/**
 * Lets a repeated request through when it is the one that its key stored. Both are fingerprints.
 * @throws ServiceError IDEMPOTENCY_KEY_REUSED
 */
export function requireSameRequest(stored: string, sent: string): void {
  if (stored !== sent) {
    throw new ServiceError(
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key came before, with another request. Nothing was stored by this one.',
    );
  }
}
