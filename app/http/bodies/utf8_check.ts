import { isUtf8 } from 'node:buffer';

/** A faulty piece is narrowed down to so many bytes, then looked at by code points. */
const SLICE_BYTES = 1024;

/** Bytes of a code point behind its first, by that first byte; 0 also for what begins none. */
function followers(byte: number): number {
  if (byte >= 0xf0) return 3;
  if (byte >= 0xe0) return 2;
  return byte >= 0xc0 ? 1 : 0;
}

function isFollower(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Where the last code point begins when its end has not come; the length when nothing is left open. */
function openFrom(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (isFollower(byte)) continue;
    return followers(byte) >= back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Where the first code point begins that is broken or cut off; the length when all are whole. O(bytes). */
function firstFault(bytes: Buffer): number {
  if (isUtf8(bytes)) return bytes.length;
  let at = 0;
  for (;;) {
    const slice = bytes.subarray(at, at + SLICE_BYTES);
    const end = openFrom(slice);
    if (end === 0 || !isUtf8(slice.subarray(0, end))) break;
    at += end;
  }
  while (at < bytes.length) {
    const end = at + 1 + followers(bytes[at] as number);
    if (end > bytes.length || !isUtf8(bytes.subarray(at, end))) break;
    at = end;
  }
  return at;
}

/**
 * Looks whether a text that comes in pieces is UTF-8; a code point may be cut in two. Each answers where the first code
 * point begins in the text that is broken or cut off, from then on; undefined while there is none. O(bytes).
 */
export type Utf8Check = { push(bytes: Buffer): number | undefined; end(): number | undefined };

export function createUtf8Check(): Utf8Check {
  /** The beginning of a code point whose end has not come, and its place in the text. */
  let open = Buffer.alloc(0);
  let offset = 0;
  let fault: number | undefined;

  function look(bytes: Buffer): void {
    const place = firstFault(bytes);
    if (place < bytes.length) fault = offset + place;
    offset += bytes.length;
  }

  return {
    push(bytes) {
      if (fault !== undefined) return fault;
      let start = 0;
      if (open.length > 0) {
        while (start < 3 && isFollower(bytes[start])) start++;
        open = Buffer.concat([open, bytes.subarray(0, start)]);
        // A piece may be shorter than the rest of a code point.
        if (start === bytes.length && openFrom(open) === 0) return undefined;
        look(open);
        if (fault !== undefined) return fault;
      }
      const rest = bytes.subarray(start);
      const end = openFrom(rest);
      look(rest.subarray(0, end));
      open = Buffer.from(rest.subarray(end));
      return fault;
    },
    end: () => fault ?? (open.length > 0 ? offset : undefined),
  };
}
