import { isUtf8 } from 'node:buffer';

/** An invalid chunk is narrowed down to a slice of this size, which is then checked by code point. */
const SLICE_BYTES = 1024;

/** Number of continuation bytes after this first byte; 0 if the byte cannot be a first byte. */
function followers(byte: number): number {
  if (byte >= 0xf0) return 3;
  if (byte >= 0xe0) return 2;
  return byte >= 0xc0 ? 1 : 0;
}

function isFollower(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Offset of the last code point if it is incomplete; otherwise the length. */
function openFrom(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (isFollower(byte)) continue;
    return followers(byte) >= back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Offset of the first code point that is invalid or incomplete; the length if all are valid. O(bytes). */
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
 * Checks whether a text is UTF-8; chunks may split code points. Both functions return the offset of the first invalid
 * or incomplete code point in the whole text, or undefined if there is none so far. O(bytes).
 */
type Utf8Check = { push(bytes: Buffer): number | undefined; end(): number | undefined };

export function createUtf8Check(): Utf8Check {
  /** The start of an incomplete code point, and its offset in the text. */
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
        // The chunk may be shorter than the rest of the code point.
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
