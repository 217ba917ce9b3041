import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DOT,
  isBlank,
  isDigit,
  MINUS,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  QUOTE,
  SMALL_U,
  SPACE,
  ZERO,
} from './json_bytes.js';

/** A citizen has two containers, itself and its relatives, and nine keys; values with more than this are not parsed. */
const MAX_CONTAINERS = 100;
const MAX_KEYS = 100;
const MAX_DEPTH = 16;

/** 2^53 has 16 digits: JSON.parse preserves every integer of up to 15. */
const MAX_EXACT_DIGITS = 15;

/** What was not closed when the bytes ended. */
export type Unclosed = 'string' | 'object' | 'array' | 'value';

/** The bytes are not JSON. */
export class MalformedJson extends Error {
  /** The first invalid byte; with `unclosed`, the start of what is not closed. */
  readonly offset: number;
  readonly unclosed: Unclosed | undefined;
  constructor(offset: number, unclosed?: Unclosed) {
    super(`not JSON at byte ${offset}`);
    this.name = 'MalformedJson';
    this.offset = offset;
    this.unclosed = unclosed;
  }

  /** The same fault, relative to a text in which these bytes begin at `offset`. */
  movedBy(offset: number): MalformedJson {
    return new MalformedJson(this.offset + offset, this.unclosed);
  }
}

/** Describes the fault for people. The text itself is not repeated because it may be private. */
export function jsonFaultText({ offset, unclosed }: MalformedJson): string {
  return unclosed === undefined
    ? `the fault is at byte ${offset}`
    : `it ends before the ${unclosed} that begins at byte ${offset} does`;
}

export type ScannedValue = {
  /** Offset after the value. */
  end: number;
  /** The value has far more members than a citizen. */
  isTooComplex: boolean;
  /** A number has a fraction, an exponent or more digits than JSON.parse is sure to preserve. */
  hasOddNumber: boolean;
};

/**
 * 1 for the characters that may follow a backslash: `\"`, `\\`, `\/`, `\b`, `\f`, `
 * `, `\r`, `\t`.
 */
const IS_SHORT_ESCAPE = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) IS_SHORT_ESCAPE[byte] = 1;
const IS_HEX = new Uint8Array(256);
for (const byte of Buffer.from('0123456789abcdefABCDEF')) IS_HEX[byte] = 1;
/** `\uXXXX` */
const UNICODE_ESCAPE_BYTES = 6;
const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Result of a scan that reached the end of the bytes. */
const INCOMPLETE = -1;

/**
 * Offset after the escape at `start`, or INCOMPLETE.
 * @throws MalformedJson
 */
function skipEscape(bytes: Buffer, start: number): number {
  const next = bytes[start + 1];
  if (next === undefined) return INCOMPLETE;
  if (IS_SHORT_ESCAPE[next] === 1) return start + 2;
  if (next !== SMALL_U) throw new MalformedJson(start + 1);
  const end = start + UNICODE_ESCAPE_BYTES;
  for (let at = start + 2; at < end; at++) {
    const byte = bytes[at];
    if (byte === undefined) return INCOMPLETE;
    if (IS_HEX[byte] !== 1) throw new MalformedJson(at);
  }
  return end;
}

/**
 * Scans from after the opening quote to after the closing one; INCOMPLETE (-1) if the bytes end first. O(bytes).
 * @throws MalformedJson
 */
export function skipString(bytes: Buffer, start: number): number {
  const { length } = bytes;
  for (let at = start; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) throw new MalformedJson(at);
    if (byte !== BACKSLASH) continue;
    const end = skipEscape(bytes, at);
    if (end === INCOMPLETE) return INCOMPLETE;
    at = end - 1;
  }
  return INCOMPLETE;
}

/** Skips digits, at least one. */
function skipDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (isDigit(bytes[at])) at++;
  if (at > start) return at;
  if (at >= bytes.length) return INCOMPLETE;
  throw new MalformedJson(at);
}

/** Skips a literal: true, false or null. */
function skipWord(bytes: Buffer, start: number): number {
  const word = WORDS.find((known) => known[0] === bytes[start]);
  if (word === undefined) throw new MalformedJson(start);
  for (let place = 0; place < word.length; place++) {
    const byte = bytes[start + place];
    if (byte === undefined) return INCOMPLETE;
    if (byte !== word[place]) throw new MalformedJson(start + place);
  }
  return start + word.length;
}

/** The kinds of the open containers, as bits: 100 MB of `[` take 12 MB. */
function createNesting() {
  const words: number[] = [];
  let depth = 0;
  return {
    depth: () => depth,
    open(isObject: boolean): void {
      const word = words[depth >>> 5] ?? 0;
      const bit = 1 << (depth & 31);
      words[depth >>> 5] = isObject ? word | bit : word & ~bit;
      depth++;
    },
    close(): void {
      depth--;
    },
    isInObject: () => depth > 0 && ((words[(depth - 1) >>> 5] as number) & (1 << ((depth - 1) & 31))) !== 0,
  };
}

/**
 * Scans the value that begins at `start`, which must not be blank, according to RFC 8259. Bytes from 0x80 on, which
 * must be UTF-8, are accepted in strings only. A number or literal at the very end may be incomplete. O(bytes).
 * @throws MalformedJson at the first invalid byte; also when the bytes end within the value, naming what is not closed:
 * a string, or else the whole value
 */
export function scanValue(bytes: Buffer, start: number): ScannedValue {
  const { length } = bytes;
  const nesting = createNesting();
  const scanned: ScannedValue = { end: start, isTooComplex: false, hasOddNumber: false };
  let containers = 0;
  let keys = 0;
  let at = start;

  function endsIn(unclosed: Unclosed, offset: number): MalformedJson {
    return new MalformedJson(offset, unclosed);
  }
  function endsInValue(): MalformedJson {
    if (bytes[start] === OPEN_OBJECT) return endsIn('object', start);
    return endsIn(bytes[start] === OPEN_ARRAY ? 'array' : 'value', start);
  }
  function skipBlanks(): void {
    while (isBlank(bytes[at])) at++;
    if (at >= length) throw endsInValue();
  }
  function takeString(): void {
    const end = skipString(bytes, at + 1);
    if (end === INCOMPLETE) throw endsIn('string', at);
    at = end;
  }
  function take(end: number): void {
    if (end === INCOMPLETE) throw endsInValue();
    at = end;
  }
  function takeNumber(): void {
    if (bytes[at] === MINUS) at++;
    const first = at;
    take(bytes[at] === ZERO ? at + 1 : skipDigits(bytes, at));
    let isOdd = at - first > MAX_EXACT_DIGITS;
    if (bytes[at] === DOT) {
      isOdd = true;
      take(skipDigits(bytes, at + 1));
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      isOdd = true;
      at++;
      if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
      take(skipDigits(bytes, at));
    }
    scanned.hasOddNumber ||= isOdd;
  }
  function takeKey(): void {
    if (bytes[at] !== QUOTE) throw new MalformedJson(at);
    takeString();
    skipBlanks();
    if (bytes[at] !== COLON) throw new MalformedJson(at);
    at++;
    if (++keys > MAX_KEYS) scanned.isTooComplex = true;
    skipBlanks();
  }
  /** Enters a container; returns whether a value follows rather than its end. */
  function open(isObject: boolean): boolean {
    nesting.open(isObject);
    if (++containers > MAX_CONTAINERS || nesting.depth() > MAX_DEPTH) scanned.isTooComplex = true;
    at++;
    skipBlanks();
    if (bytes[at] === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return false;
    if (isObject) takeKey();
    return true;
  }
  /** Closes the containers that end here; returns whether another value follows. */
  function close(): boolean {
    while (nesting.depth() > 0) {
      skipBlanks();
      const isInObject = nesting.isInObject();
      if (bytes[at] === COMMA) {
        at++;
        skipBlanks();
        if (isInObject) takeKey();
        return true;
      }
      if (bytes[at] !== (isInObject ? CLOSE_OBJECT : CLOSE_ARRAY)) throw new MalformedJson(at);
      at++;
      nesting.close();
    }
    return false;
  }
  /** Scans one value, or the start of a container. */
  function takeValue(): boolean {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (open(byte === OPEN_OBJECT)) return true;
    } else if (byte === QUOTE) takeString();
    else if (byte === MINUS || isDigit(byte)) takeNumber();
    else take(skipWord(bytes, at));
    return close();
  }

  if (at >= length) throw endsInValue();
  while (takeValue());
  scanned.end = at;
  return scanned;
}
