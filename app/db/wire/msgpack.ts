import { ByteParts, ByteString, byteLengthOf, interleave, type PartsAt } from './byte_parts.js';

export { ByteString } from './byte_parts.js';
export {
  decode,
  decodeArrayHeader,
  decodeStringBytes,
  decodeStringSpan,
  MsgpackError,
  type MsgpackMap,
  type MsgpackValue,
} from './msgpack_decode.js';

/**
 * The part of MessagePack that Svodka and Tarantool exchange.
 *
 * Reasons for not using a library: msgpackr and msgpack-lite write integers above 2^32 as doubles or misread them above
 * 2^53, and Tarantool accepts a double neither in an `unsigned` field nor as the same key; and import rows are written
 * straight into one buffer, which is twice as fast as building arrays for a library.
 */

export type MsgpackInput =
  | null
  | boolean
  | number
  | string
  | ByteString
  | ByteParts
  | readonly MsgpackInput[]
  | { readonly [key: string]: MsgpackInput };

const TWO_32 = 0x1_0000_0000;
/** A string of n UTF-16 units takes at most 3n bytes, and its header 5. */
const MAX_BYTES_A_UNIT = 3;

/** Memory of its own costs 2 us, which a copy into Node's pool avoids; a pool has 8 KB. */
const MAX_POOLED_BYTES = 4_000;

/** Up to this length a loop is faster than a copying call. */
const SHORT_COPY_BYTES = 48;

export type Writer = {
  integer(value: number): void;
  string(value: string): void;
  /** A string from its UTF-8 bytes. */
  utf8(bytes: Uint8Array, start: number, end: number): void;
  /** Values that are encoded already. */
  bytes(encoded: Uint8Array): void;
  arrayHeader(length: number): void;
  mapHeader(length: number): void;
  value(value: MsgpackInput): void;
  /** Bytes written so far. */
  length(): number;
  /**
   * Returns the written bytes in a buffer of their own and resets the writer, with room for `nextBytes`. Not for values
   * with ByteParts.
   */
  take(nextBytes?: number): Buffer<ArrayBuffer>;
  /** The same as several buffers, among them the parts of each ByteParts. A short value is copied into shared memory. */
  takeParts(): Uint8Array[];
  /** Drops what was written. */
  clear(): void;
};

/**
 * Creates a growing buffer that starts with `initialBytes`, by default after each take() too. Integers use the shortest
 * encoding.
 */
export function createWriter(initialBytes = 1024): Writer {
  let buffer = Buffer.allocUnsafeSlow(initialBytes);
  let at = 0;
  let between: PartsAt[] = [];

  function reserve(bytes: number): void {
    if (at + bytes <= buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, at + bytes));
    buffer.copy(grown, 0, 0, at);
    buffer = grown;
  }

  /**
   * fixByte and fixMax describe the one-byte form; code8 and code16 are the headers of longer forms (0: no 8-bit form
   * exists).
   */
  function header(length: number, fixByte: number, fixMax: number, code8: number, code16: number): void {
    reserve(5);
    if (length <= fixMax) {
      buffer[at++] = fixByte | length;
    } else if (code8 !== 0 && length <= 0xff) {
      buffer[at++] = code8;
      buffer[at++] = length;
    } else if (length <= 0xffff) {
      buffer[at++] = code16;
      at = buffer.writeUInt16BE(length, at);
    } else {
      buffer[at++] = code16 + 1;
      at = buffer.writeUInt32BE(length, at);
    }
  }

  function positive(value: number): void {
    if (value <= 0x7f) {
      buffer[at++] = value;
    } else if (value <= 0xff) {
      buffer[at++] = 0xcc;
      buffer[at++] = value;
    } else if (value <= 0xffff) {
      buffer[at++] = 0xcd;
      at = buffer.writeUInt16BE(value, at);
    } else if (value < TWO_32) {
      buffer[at++] = 0xce;
      at = buffer.writeUInt32BE(value, at);
    } else {
      buffer[at++] = 0xcf;
      at = buffer.writeUInt32BE(Math.floor(value / TWO_32), at);
      at = buffer.writeUInt32BE(value % TWO_32, at);
    }
  }

  function negative(value: number): void {
    if (value >= -32) {
      buffer[at++] = value + 256;
    } else if (value >= -0x80) {
      buffer[at++] = 0xd0;
      at = buffer.writeInt8(value, at);
    } else if (value >= -0x8000) {
      buffer[at++] = 0xd1;
      at = buffer.writeInt16BE(value, at);
    } else if (value >= -0x8000_0000) {
      buffer[at++] = 0xd2;
      at = buffer.writeInt32BE(value, at);
    } else {
      buffer[at++] = 0xd3;
      at = buffer.writeBigInt64BE(BigInt(value), at);
    }
  }

  function integer(value: number): void {
    reserve(9);
    if (value >= 0) positive(value);
    else negative(value);
  }

  function string(value: string): void {
    reserve(5 + value.length * MAX_BYTES_A_UNIT);
    // Most strings are short: write the text after a one-byte header, and move it only if it needs a longer one.
    const start = at;
    const written = buffer.write(value, start + 1, 'utf8');
    if (written <= 31) {
      buffer[start] = 0xa0 | written;
      at = start + 1 + written;
      return;
    }
    const headerBytes = written <= 0xff ? 2 : written <= 0xffff ? 3 : 5;
    buffer.copyWithin(start + headerBytes, start + 1, start + 1 + written);
    header(written, 0xa0, 31, 0xd9, 0xda);
    at = start + headerBytes + written;
  }

  function utf8(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    header(count, 0xa0, 31, 0xd9, 0xda);
    reserve(count);
    if (count <= SHORT_COPY_BYTES) for (let i = start; i < end; i++) buffer[at++] = bytes[i] as number;
    else {
      buffer.set(bytes.subarray(start, end), at);
      at += count;
    }
  }

  function bytes(encoded: Uint8Array): void {
    reserve(encoded.length);
    buffer.set(encoded, at);
    at += encoded.length;
  }

  function outside(parts: readonly Uint8Array[]): void {
    header(byteLengthOf(parts), 0xa0, 31, 0xd9, 0xda);
    between.push({ place: at, parts });
  }

  function arrayHeader(length: number): void {
    header(length, 0x90, 15, 0, 0xdc);
  }

  function mapHeader(length: number): void {
    header(length, 0x80, 15, 0, 0xde);
  }

  function value(input: MsgpackInput): void {
    if (typeof input === 'string') {
      string(input);
    } else if (typeof input === 'number') {
      if (Number.isSafeInteger(input)) {
        integer(input);
      } else {
        reserve(9);
        buffer[at++] = 0xcb;
        at = buffer.writeDoubleBE(input, at);
      }
    } else if (input === null || typeof input === 'boolean') {
      reserve(1);
      buffer[at++] = input === null ? 0xc0 : input ? 0xc3 : 0xc2;
    } else if (input instanceof ByteString) {
      utf8(input.bytes, 0, input.bytes.length);
    } else if (input instanceof ByteParts) {
      outside(input.parts);
    } else if (isArray(input)) {
      arrayHeader(input.length);
      for (const element of input) value(element);
    } else {
      const entries = Object.entries(input);
      mapHeader(entries.length);
      for (const [key, element] of entries) {
        string(key);
        value(element);
      }
    }
  }

  function take(nextBytes = initialBytes): Buffer<ArrayBuffer> {
    const taken = buffer.subarray(0, at);
    buffer = Buffer.allocUnsafeSlow(nextBytes);
    at = 0;
    return taken;
  }

  return {
    integer,
    bytes,
    string,
    utf8,
    arrayHeader,
    mapHeader,
    value,
    length: () => at,
    take,
    takeParts() {
      if (between.length === 0 && at <= MAX_POOLED_BYTES) {
        const copy = Buffer.from(buffer.subarray(0, at));
        at = 0;
        return [copy];
      }
      const taken = interleave(take(), between);
      between = [];
      return taken;
    },
    clear() {
      at = 0;
      between = [];
    },
  };
}

function isArray(input: MsgpackInput): input is readonly MsgpackInput[] {
  return Array.isArray(input);
}
