import { skipBlanks } from '../json/json_bytes.js';

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
export const BYTE_ORDER_MARK_BYTES = BYTE_ORDER_MARK.length;

/** Skips a byte order mark. */
export function startOfText(bytes: Buffer): number {
  return BYTE_ORDER_MARK.every((byte, place) => bytes[place] === byte) ? BYTE_ORDER_MARK.length : 0;
}

/**
 * Whether the bytes are blank, or part of a byte order mark at the start of the body. `offset` is the position of these
 * bytes, which must be UTF-8, in the body.
 */
export function isBlankText(bytes: Buffer, offset: number): boolean {
  let at = 0;
  while (bytes[at] === BYTE_ORDER_MARK[offset + at] && at < bytes.length) at++;
  return skipBlanks(bytes, at) >= bytes.length;
}
