/**
 * The part of MessagePack that goes between Svodka and Tarantool.
 *
 * Our own for two reasons: msgpackr and msgpack-lite write integers above 2^32 as doubles or read them wrong above
 * 2^53, and Tarantool takes a double neither for an `unsigned` field nor for the same key; and import rows are written
 * straight into one buffer, which is twice as fast as building arrays for a library.
 */

/** Bytes that go as a string: Lua takes them as they are, and Tarantool 3 makes no other kind of value of them. */
export class ByteString {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export type MsgpackInput =
  | null
  | boolean
  | number
  | string
  | ByteString
  | readonly MsgpackInput[]
  | { readonly [key: string]: MsgpackInput };

export type MsgpackValue = null | boolean | number | string | Uint8Array | MsgpackValue[] | MsgpackMap;
/** Keys are kept as text: protocol maps have small integers for keys. */
export type MsgpackMap = Map<string | number, MsgpackValue>;

const TWO_32 = 0x1_0000_0000;
/** A string of n UTF-16 units takes at most 3n bytes, and its header 5. */
const MAX_BYTES_A_UNIT = 3;

/** Up to here a loop is faster than the call that copies. */
const SHORT_COPY_BYTES = 48;

export type Writer = {
  integer(value: number): void;
  string(value: string): void;
  /** A string from its UTF-8 bytes. */
  utf8(bytes: Uint8Array, start: number, end: number): void;
  arrayHeader(length: number): void;
  mapHeader(length: number): void;
  value(value: MsgpackInput): void;
  /** Bytes written so far. */
  length(): number;
  /** What was written, as a buffer of its own; the writer starts anew. */
  take(): Buffer<ArrayBuffer>;
};

/** A growing buffer; `initialBytes` is what it starts with each time. Integers are written in the fewest bytes. */
export function createWriter(initialBytes = 1024): Writer {
  let buffer = Buffer.allocUnsafeSlow(initialBytes);
  let at = 0;

  function reserve(bytes: number): void {
    if (at + bytes <= buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, at + bytes));
    buffer.copy(grown, 0, 0, at);
    buffer = grown;
  }

  /** fixByte/fixMost: the one-byte form; code8..code32: the headers for longer ones (0: there is no 8-bit form). */
  function header(length: number, fixByte: number, fixMost: number, code8: number, code16: number): void {
    reserve(5);
    if (length <= fixMost) {
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
    // Short strings are the rule: write behind a one-byte header first, and move only what turns out longer.
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

  return {
    integer,
    string,
    utf8,
    arrayHeader,
    mapHeader,
    value,
    length: () => at,
    take() {
      const taken = buffer.subarray(0, at);
      buffer = Buffer.allocUnsafeSlow(initialBytes);
      at = 0;
      return taken;
    },
  };
}

function isArray(input: MsgpackInput): input is readonly MsgpackInput[] {
  return Array.isArray(input);
}

/** The bytes do not hold a whole value of the kinds known here. */
export class MsgpackError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MsgpackError';
  }
}

/**
 * Reads one value from `buffer` at `start`. Integers beyond 2^53 lose their last digits: nothing of ours is so large.
 * Extension types come as their bytes.
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

/** Length of the array that begins at `start`, and where its first element does. @throws MsgpackError */
export function decodeArrayHeader(buffer: Buffer, start: number): { length: number; end: number } {
  const code = buffer[start] ?? 0;
  if (code >= 0x90 && code <= 0x9f) return { length: code & 0x0f, end: start + 1 };
  if (code === 0xdc) return { length: buffer.readUInt16BE(start + 1), end: start + 3 };
  if (code === 0xdd) return { length: buffer.readUInt32BE(start + 1), end: start + 5 };
  throw new MsgpackError(`no array begins with 0x${code.toString(16)}`);
}

/** Where the bytes of the string that begins at `start` are, for strings that are no text. @throws MsgpackError */
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

/** The bytes of the string that begins at `start`, not copied and not looked at. @throws MsgpackError */
export function decodeStringBytes(buffer: Buffer, start: number): Buffer {
  const { from, end } = decodeStringSpan(buffer, start);
  return buffer.subarray(from, end);
}
