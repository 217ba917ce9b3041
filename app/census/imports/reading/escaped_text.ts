import { BACKSLASH, QUOTE } from '../../../http/json/json_bytes.js';

/** Decodes JSON texts with escapes into UTF-8 without making strings, which takes most of JSON.parse's time. */
type EscapedText = {
  /**
   * Decodes the text whose first byte is at `start` into `decoded` at `to`. Returns the offset of its closing quote; -1
   * when it is malformed, has half of a surrogate pair, or is too long. The functions below describe the last text.
   */
  read(start: number, to: number): number;
  /** The end of the text in `decoded`. */
  end(): number;
  codePoints(): number;
  hasLetter(): boolean;
  decoded: Buffer;
};

const SMALL_U = 0x75;
/** `\uXXXX` */
const UNICODE_ESCAPE_BYTES = 6;
const FIRST_HIGH_SURROGATE = 0xd800;
const FIRST_LOW_SURROGATE = 0xdc00;
const LAST_LOW_SURROGATE = 0xdfff;

/** The value of a hexadecimal digit; -1 for other bytes, so that a value that one is ORed into is negative. */
const HEX = new Int32Array(256).fill(-1);
for (const digit of '0123456789abcdefABCDEF') HEX[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/** The character that a byte after a backslash means; 0 when it means none. */
const SHORT_ESCAPES = new Uint8Array(256);
for (const [written, meant] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  SHORT_ESCAPES[(written as string).charCodeAt(0)] = (meant as string).charCodeAt(0);
}

/**
 * `bytes` must be UTF-8. `startsLetter`: 1 for each byte that begins only letters and digits. `decodedBytes`: the size of
 * `decoded`.
 */
export function createEscapedText(
  bytes: Buffer,
  startsLetter: Uint8Array,
  maxCodePoints: number,
  decodedBytes: number,
): EscapedText {
  const decoded = Buffer.allocUnsafe(decodedBytes);
  const { length } = bytes;
  let written = 0;
  let codePoints = 0;
  let hasLetter = 0;

  /** The UTF-16 unit of the `\uXXXX` at `place`; negative when there is none. */
  function unitAt(place: number): number {
    if (place + UNICODE_ESCAPE_BYTES > length || bytes[place] !== BACKSLASH || bytes[place + 1] !== SMALL_U) return -1;
    return (
      ((HEX[bytes[place + 2] as number] as number) << 12) |
      ((HEX[bytes[place + 3] as number] as number) << 8) |
      ((HEX[bytes[place + 4] as number] as number) << 4) |
      (HEX[bytes[place + 5] as number] as number)
    );
  }

  /** Encodes a code point of three or four bytes at `at`; returns the offset after it. */
  function putLong(codePoint: number, at: number): number {
    let end = at;
    if (codePoint < 0x1_0000) {
      decoded[end++] = 0xe0 | (codePoint >> 12);
    } else {
      decoded[end++] = 0xf0 | (codePoint >> 18);
      decoded[end++] = 0x80 | ((codePoint >> 12) & 0x3f);
    }
    decoded[end++] = 0x80 | ((codePoint >> 6) & 0x3f);
    decoded[end++] = 0x80 | (codePoint & 0x3f);
    return end;
  }

  return {
    decoded,
    end: () => written,
    codePoints: () => codePoints,
    hasLetter: () => hasLetter === 1,
    read(start, to) {
      // Local variables: those that functions share are slower in a loop over bytes.
      let place = start;
      let at = to;
      let count = 0;
      let letter = 0;
      while (place < length && count <= maxCodePoints) {
        const byte = bytes[place] as number;
        if (byte === QUOTE) {
          written = at;
          codePoints = count;
          hasLetter = letter;
          return place;
        }
        if (byte < 0x20) return -1;
        if (byte !== BACKSLASH) {
          // Each code point has exactly one byte that is not 10xxxxxx.
          if ((byte & 0xc0) !== 0x80) count++;
          letter |= startsLetter[byte] as number;
          decoded[at++] = byte;
          place++;
          continue;
        }
        count++;
        let codePoint = unitAt(place);
        if (codePoint < 0) {
          codePoint = SHORT_ESCAPES[bytes[place + 1] ?? 0] as number;
          if (codePoint === 0) return -1;
          place += 2;
        } else {
          place += UNICODE_ESCAPE_BYTES;
          if (codePoint >= FIRST_HIGH_SURROGATE && codePoint <= LAST_LOW_SURROGATE) {
            const low = unitAt(place);
            if (codePoint >= FIRST_LOW_SURROGATE || low < FIRST_LOW_SURROGATE || low > LAST_LOW_SURROGATE) return -1;
            codePoint = 0x1_0000 + ((codePoint - FIRST_HIGH_SURROGATE) << 10) + (low - FIRST_LOW_SURROGATE);
            place += UNICODE_ESCAPE_BYTES;
          }
        }
        const first = at;
        if (codePoint < 0x80) {
          decoded[at++] = codePoint;
        } else if (codePoint < 0x800) {
          decoded[at++] = 0xc0 | (codePoint >> 6);
          decoded[at++] = 0x80 | (codePoint & 0x3f);
        } else {
          at = putLong(codePoint, at);
        }
        letter |= startsLetter[decoded[first] as number] as number;
      }
      return -1;
    },
  };
}
