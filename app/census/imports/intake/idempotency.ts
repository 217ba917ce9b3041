import { ServiceError } from '../../../errors.js';

/** A UUID has 36 characters. The database keeps each key for a day. */
const LONGEST_KEY = 255;
/** A string of RFC 8941, as the IETF draft requires: visible ASCII and spaces, `"` and `\` escaped by a backslash. */
const QUOTED_KEY = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
/** What most clients send, without quotes. No comma: two headers joined must not look like one key. */
const BARE_KEY = /^[\w.:-]+$/;

/**
 * The key in the header `Idempotency-Key`; undefined without the header. Quotes are not part of the key.
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
 * Accepts a repeated request only when it is the one stored under the key. Both arguments are fingerprints.
 * @throws ServiceError IDEMPOTENCY_KEY_REUSED
 */
export function requireSameRequest(stored: string, sent: string): void {
  if (stored !== sent) {
    throw new ServiceError(
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key was used before, with another request. Nothing was stored by this one.',
    );
  }
}
