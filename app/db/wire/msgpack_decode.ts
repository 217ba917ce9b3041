/** Reading MessagePack; msgpack.ts writes it, and says why there is no library. */

export type MsgpackValue = null | boolean | number | string | Uint8Array | MsgpackValue[] | MsgpackMap;
/** Keys are text or, in protocol maps, small integers. */
export type MsgpackMap = Map<string | number, MsgpackValue>;

const TWO_32 = 0x1_0000_0000;

/** The bytes do not hold a complete value of a known type. */
export class MsgpackError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MsgpackError';
  }
}

const NOTHING: Buffer = Buffer.alloc(0);

/** The bytes that decode() reads, and the place it has come to. Functions made for each call would cost as much as reading. */
let source = NOTHING;
let at = 0;

function need(bytes: number): number {
  const from = at;
  at += bytes;
  if (at > source.length) throw new MsgpackError(`needs ${at - source.length} more bytes`);
  return from;
}

function readUint8(): number {
  return source[need(1)] as number;
}

function readUint16(): number {
  return source.readUInt16BE(need(2));
}

function readUint32(): number {
  return source.readUInt32BE(need(4));
}

function readText(length: number): string {
  const from = need(length);
  return source.toString('utf8', from, from + length);
}

function readBytes(length: number): Uint8Array {
  const from = need(length);
  return source.subarray(from, from + length);
}

function readArray(length: number): MsgpackValue[] {
  if (length > source.length) throw new MsgpackError('an array is longer than the bytes it is in');
  const elements = new Array<MsgpackValue>(length);
  for (let i = 0; i < length; i++) elements[i] = readValue();
  return elements;
}

function readMap(length: number): MsgpackMap {
  const entries: MsgpackMap = new Map();
  for (let i = 0; i < length; i++) {
    const key = readValue();
    if (typeof key !== 'string' && typeof key !== 'number')
      throw new MsgpackError('a map key is neither text nor number');
    entries.set(key, readValue());
  }
  return entries;
}

function readExtension(length: number): Uint8Array {
  need(1);
  return readBytes(length);
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
      return readBytes(readUint8());
    case 0xc5:
      return readBytes(readUint16());
    case 0xc6:
      return readBytes(readUint32());
    case 0xc7:
      return readExtension(readUint8());
    case 0xc8:
      return readExtension(readUint16());
    case 0xc9:
      return readExtension(readUint32());
    case 0xca:
      return source.readFloatBE(need(4));
    case 0xcb:
      return source.readDoubleBE(need(8));
    case 0xcc:
      return readUint8();
    case 0xcd:
      return readUint16();
    case 0xce:
      return readUint32();
    case 0xcf:
      return readUint32() * TWO_32 + readUint32();
    case 0xd0:
      return source.readInt8(need(1));
    case 0xd1:
      return source.readInt16BE(need(2));
    case 0xd2:
      return source.readInt32BE(need(4));
    case 0xd3:
      return Number(source.readBigInt64BE(need(8)));
    case 0xd9:
      return readText(readUint8());
    case 0xda:
      return readText(readUint16());
    case 0xdb:
      return readText(readUint32());
    case 0xdc:
      return readArray(readUint16());
    case 0xdd:
      return readArray(readUint32());
    case 0xde:
      return readMap(readUint16());
    case 0xdf:
      return readMap(readUint32());
    default:
      if (code >= 0xd4 && code <= 0xd8) return readExtension(1 << (code - 0xd4));
      throw new MsgpackError(`no value begins with 0x${code.toString(16)}`);
  }
}

function readValue(): MsgpackValue {
  const code = readUint8();
  if (code <= 0x7f) return code;
  if (code >= 0xe0) return code - 256;
  if (code <= 0x8f) return readMap(code & 0x0f);
  if (code <= 0x9f) return readArray(code & 0x0f);
  if (code <= 0xbf) return readText(code & 0x1f);
  return readLong(code);
}

/**
 * Decodes one value from `buffer` at `start`. Integers beyond 2^53 lose precision, which no value stored here reaches.
 * Extension types are returned as their bytes.
 * @throws MsgpackError when the buffer ends within the value
 */
export function decode(buffer: Buffer, start = 0): { value: MsgpackValue; end: number } {
  source = buffer;
  at = start;
  const value = readValue();
  // A long reply is not kept until the next one.
  source = NOTHING;
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
