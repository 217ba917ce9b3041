/**
 * The binary form of a record: a length of two bytes, then fields. A field is the length of its key (2 bytes), the
 * length of its value (2 bytes), a type, the key in UTF-8, and the value. Lengths are big-endian. docs/traffic.md.
 */

const STRING = 0;
const INTEGER = 1;
const DICT = 2;

const LENGTH_BYTES = 2;
const FIELD_HEAD_BYTES = 5;
const MAX_LENGTH = 0xffff;
/** The top level is the first. */
const MAX_LEVELS = 8;

type BinaryRecord = { [key: string]: BinaryValue };
type BinaryValue = string | number | BinaryRecord;

/** The bytes are not in the binary form, or a record cannot be put into it. */
export class BinaryFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BinaryFault';
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Whether the first two bytes are the length of the others. */
export function hasBinaryLength(bytes: Uint8Array): boolean {
  return bytes.length >= LENGTH_BYTES && readUint16(bytes, 0) === bytes.length - LENGTH_BYTES;
}

function readText(bytes: Uint8Array, from: number, to: number): string {
  try {
    return utf8.decode(bytes.subarray(from, to));
  } catch {
    throw new BinaryFault(`the text at byte ${from} is not UTF-8`);
  }
}

/** LEB128: 7 bits a byte, the lowest first; the high bit says that more follow. */
function readInteger(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  let factor = 1;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    const isLast = at === to - 1;
    if (byte >> 7 === (isLast ? 1 : 0)) throw new BinaryFault(`the number at byte ${from} does not end with its value`);
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (!Number.isSafeInteger(value)) throw new BinaryFault(`the number at byte ${from} is over 2^53 - 1`);
  }
  if (from === to) throw new BinaryFault(`the number at byte ${from} has no bytes`);
  return value;
}

type Span = { from: number; to: number; level: number };

function readValue(bytes: Uint8Array, type: number, { from, to, level }: Span): BinaryValue {
  if (type === STRING) return readText(bytes, from, to);
  if (type === INTEGER) return readInteger(bytes, from, to);
  if (level >= MAX_LEVELS) throw new BinaryFault(`the dict at byte ${from} is on level ${MAX_LEVELS + 1}`);
  return readFields(bytes, { from, to, level: level + 1 });
}

function readFields(bytes: Uint8Array, { from, to, level }: Span): BinaryRecord {
  const fields = new Map<string, BinaryValue>();
  let at = from;
  while (at < to) {
    if (to - at < FIELD_HEAD_BYTES) throw new BinaryFault(`${to - at} bytes are left over at byte ${at}`);
    const keyAt = at + FIELD_HEAD_BYTES;
    const valueAt = keyAt + readUint16(bytes, at);
    const end = valueAt + readUint16(bytes, at + LENGTH_BYTES);
    const type = bytes[at + 2 * LENGTH_BYTES] as number;
    if (end > to) throw new BinaryFault(`the field at byte ${at} goes beyond the end`);
    if (type > DICT) throw new BinaryFault(`the field at byte ${at} has the unknown type ${type}`);
    const key = readText(bytes, keyAt, valueAt);
    if (fields.has(key)) throw new BinaryFault(`the key of the field at byte ${at} is there twice`);
    fields.set(key, readValue(bytes, type, { from: valueAt, to: end, level }));
    at = end;
  }
  // Own properties, also for a key such as `__proto__`.
  return Object.fromEntries(fields);
}

/**
 * Reads a record. O(bytes).
 * @throws BinaryFault for lengths beyond the end, bytes left over, unknown types, repeated keys, more than 8 levels
 */
export function decodeBinary(bytes: Uint8Array): BinaryRecord {
  if (!hasBinaryLength(bytes)) throw new BinaryFault('the first two bytes are not the length of the others');
  return readFields(bytes, { from: LENGTH_BYTES, to: bytes.length, level: 1 });
}

function encodeInteger(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new BinaryFault(`${value} is no whole number from 0 to 2^53 - 1; send the record as JSON`);
  }
  const bytes: number[] = [];
  let rest = value;
  do {
    const next = Math.floor(rest / 128);
    bytes.push((rest % 128) | (next > 0 ? 0x80 : 0));
    rest = next;
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function uint16(value: number, what: string): Uint8Array {
  if (value > MAX_LENGTH) throw new BinaryFault(`${what} has ${value} bytes; at most ${MAX_LENGTH} are possible`);
  return Uint8Array.of(value >> 8, value & 0xff);
}

const utf8Encoder = new TextEncoder();

function encodeText(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new BinaryFault('a text has half of a surrogate pair, which no UTF-8 can hold');
  return utf8Encoder.encode(text);
}

function encodeValue(value: unknown, level: number): { type: number; bytes: Uint8Array } {
  if (typeof value === 'string') return { type: STRING, bytes: encodeText(value) };
  if (typeof value === 'number') return { type: INTEGER, bytes: encodeInteger(value) };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { type: DICT, bytes: encodeFields(value, level + 1) };
  }
  throw new BinaryFault('the binary form has texts, whole numbers and dicts alone; send the record as JSON');
}

function encodeFields(record: object, level: number): Uint8Array {
  if (level > MAX_LEVELS) throw new BinaryFault(`a record may have ${MAX_LEVELS} levels`);
  return concat(
    Object.entries(record).flatMap(([key, value]) => {
      const keyBytes = encodeText(key);
      const { type, bytes } = encodeValue(value, level);
      return [uint16(keyBytes.length, 'a key'), uint16(bytes.length, 'a value'), Uint8Array.of(type), keyBytes, bytes];
    }),
  );
}

/**
 * Writes a record. O(bytes).
 * @throws BinaryFault for what the form cannot carry: other types, negative numbers, fractions, more than 65,535 bytes
 */
export function encodeBinary(record: object): Uint8Array {
  const fields = encodeFields(record, 1);
  return concat([uint16(fields.length, 'the record'), fields]);
}
