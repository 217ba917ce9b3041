import { isUtf8 } from 'node:buffer';

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

/**
 * Looks whether a text that comes in pieces is UTF-8; a code point may be cut in two. Each answers false from the first
 * fault on. O(bytes).
 */
export type Utf8Check = { push(bytes: Buffer): boolean; end(): boolean };

export function createUtf8Check(): Utf8Check {
  let open = Buffer.alloc(0);
  let isValid = true;

  return {
    push(bytes) {
      let start = 0;
      if (open.length > 0) {
        while (start < 3 && isFollower(bytes[start])) start++;
        open = Buffer.concat([open, bytes.subarray(0, start)]);
        // A piece may be shorter than the rest of a code point.
        if (start === bytes.length && openFrom(open) === 0) return isValid;
        isValid &&= isUtf8(open);
      }
      const from = start + openFrom(bytes.subarray(start));
      isValid &&= isUtf8(bytes.subarray(start, from));
      open = Buffer.from(bytes.subarray(from));
      return isValid;
    },
    end: () => isValid && open.length === 0,
  };
}
