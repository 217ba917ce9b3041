import { skipBlanks } from '../json/json_bytes.js';

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
export const BYTE_ORDER_MARK_BYTES = BYTE_ORDER_MARK.length;

/** Past a byte order mark, where a text begins with one. */
export function startOfText(bytes: Buffer): number {
  return BYTE_ORDER_MARK.every((byte, place) => bytes[place] === byte) ? BYTE_ORDER_MARK.length : 0;
}

/**
 * Nothing but blanks, or what there is of a byte order mark at the start of the body. `offset`: of these bytes in it,
 * which are UTF-8.
 */
export function isBlankText(bytes: Buffer, offset: number): boolean {
  let at = 0;
  while (bytes[at] === BYTE_ORDER_MARK[offset + at] && at < bytes.length) at++;
  return skipBlanks(bytes, at) >= bytes.length;
}
