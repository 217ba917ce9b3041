import { ByteParts, ByteString, byteLengthOf, interleave, type PartsAt } from './byte_parts.js';

export { ByteString } from './byte_parts.js';

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

export type MsgpackValue = null | boolean | number | string | Uint8Array | MsgpackValue[] | MsgpackMap;
/** Keys are text or, in protocol maps, small integers. */
export type MsgpackMap = Map<string | number, MsgpackValue>;

const TWO_32 = 0x1_0000_0000;
/** A string of n UTF-16 units takes at most 3n bytes, and its header 5. */
const MAX_BYTES_A_UNIT = 3;

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
  /** Returns the written bytes in a buffer of their own and resets the writer. Not for values with ByteParts. */
  take(): Buffer<ArrayBuffer>;
  /** The same as several buffers, among them the parts of each ByteParts. */
  takeParts(): Uint8Array[];
};

/** Creates a growing buffer that starts with `initialBytes` after each take(). Integers use the shortest encoding. */
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

  function take(): Buffer<ArrayBuffer> {
    const taken = buffer.subarray(0, at);
    buffer = Buffer.allocUnsafeSlow(initialBytes);
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
      const taken = interleave(take(), between);
      between = [];
      return taken;
    },
  };
}

function isArray(input: MsgpackInput): input is readonly MsgpackInput[] {
  return Array.isArray(input);
}

/** The bytes do not hold a complete value of a known type. */
export class MsgpackError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MsgpackError';
  }
}

/**
 * Decodes one value from `buffer` at `start`. Integers beyond 2^53 lose precision, which no value stored here reaches.
 * Extension types are returned as their bytes.
 * @throws MsgpackError when the buffer ends within the value
 */
export function decode(buffer: Buffer, start = 0): { value: MsgpackValue; end: number } {
  let at = start;

  function need(bytes: number): number {
    const from = at;
    at += bytes;
    if (at > buffer.length) throw new MsgpackError(`needs ${at - buffer.length} more bytes`);
    return from;
  }
  const uint8 = () => buffer[need(1)] as number;
  const uint16 = () => buffer.readUInt16BE(need(2));
  const uint32 = () => buffer.readUInt32BE(need(4));

  function text(length: number): string {
    const from = need(length);
    return buffer.toString('utf8', from, from + length);
  }
  function bytes(length: number): Uint8Array {
    const from = need(length);
    return buffer.subarray(from, from + length);
  }
  function array(length: number): MsgpackValue[] {
    if (length > buffer.length) throw new MsgpackError('an array is longer than the bytes it is in');
    const elements = new Array<MsgpackValue>(length);
    for (let i = 0; i < length; i++) elements[i] = read();
    return elements;
  }
  function map(length: number): MsgpackMap {
    const entries: MsgpackMap = new Map();
    for (let i = 0; i < length; i++) {
      const key = read();
      if (typeof key !== 'string' && typeof key !== 'number')
        throw new MsgpackError('a map key is neither text nor number');
      entries.set(key, read());
    }
    return entries;
  }
  function extension(length: number): Uint8Array {
    need(1);
    return bytes(length);
  }

  function readLong(code: number): MsgpackValue {
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return bytes(uint8());
      case 0xc5:
        return bytes(uint16());
      case 0xc6:
        return bytes(uint32());
      case 0xc7:
        return extension(uint8());
      case 0xc8:
        return extension(uint16());
      case 0xc9:
        return extension(uint32());
      case 0xca:
        return buffer.readFloatBE(need(4));
      case 0xcb:
        return buffer.readDoubleBE(need(8));
      case 0xcc:
        return uint8();
      case 0xcd:
        return uint16();
      case 0xce:
        return uint32();
      case 0xcf:
        return uint32() * TWO_32 + uint32();
      case 0xd0:
        return buffer.readInt8(need(1));
      case 0xd1:
        return buffer.readInt16BE(need(2));
      case 0xd2:
        return buffer.readInt32BE(need(4));
      case 0xd3:
        return Number(buffer.readBigInt64BE(need(8)));
      case 0xd9:
        return text(uint8());
      case 0xda:
        return text(uint16());
      case 0xdb:
        return text(uint32());
      case 0xdc:
        return array(uint16());
      case 0xdd:
        return array(uint32());
      case 0xde:
        return map(uint16());
      case 0xdf:
        return map(uint32());
      default:
        if (code >= 0xd4 && code <= 0xd8) return extension(1 << (code - 0xd4));
        throw new MsgpackError(`no value begins with 0x${code.toString(16)}`);
    }
  }

  function read(): MsgpackValue {
    const code = uint8();
    if (code <= 0x7f) return code;
    if (code >= 0xe0) return code - 256;
    if (code <= 0x8f) return map(code & 0x0f);
    if (code <= 0x9f) return array(code & 0x0f);
    if (code <= 0xbf) return text(code & 0x1f);
    return readLong(code);
  }

  const value = read();
  return { value, end: at };
}

/**
 * Length of the array that begins at `start`, and the offset of its first element.
 * @throws MsgpackError
 */
export function decodeArrayHeader(buffer: Buffer, start: number): { length: number; end: number } {
  const code = buffer[start] ?? 0;
  if (code >= 0x90 && code <= 0x9f) return { length: code & 0x0f, end: start + 1 };
  if (code === 0xdc) return { length: buffer.readUInt16BE(start + 1), end: start + 3 };
  if (code === 0xdd) return { length: buffer.readUInt32BE(start + 1), end: start + 5 };
  throw new MsgpackError(`no array begins with 0x${code.toString(16)}`);
}

/**
 * The range of bytes of the string that begins at `start`, for strings that are not text.
 * @throws MsgpackError
 */
export function decodeStringSpan(buffer: Buffer, start: number): { from: number; end: number } {
  const code = buffer[start] ?? 0;
  const size = code === 0xd9 ? 1 : code === 0xda ? 2 : code === 0xdb ? 4 : 0;
  if (size === 0 && (code < 0xa0 || code > 0xbf))
    throw new MsgpackError(`no string begins with 0x${code.toString(16)}`);
  const from = start + 1 + size;
  const length = size === 0 ? code - 0xa0 : buffer.readUIntBE(start + 1, size);
  if (from + length > buffer.length) throw new MsgpackError('a string is longer than the bytes it is in');
  return { from, end: from + length };
}

/**
 * The bytes of the string that begins at `start`, neither copied nor validated.
 * @throws MsgpackError
 */
export function decodeStringBytes(buffer: Buffer, start: number): Buffer {
  const { from, end } = decodeStringSpan(buffer, start);
  return buffer.subarray(from, end);
}
