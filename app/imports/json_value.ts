import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isBlank,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json_bytes.js';

/** A citizen has two containers, itself and its relatives, and nine keys; what holds more than this is not parsed. */
const MOST_CONTAINERS = 100;
const MOST_KEYS = 100;
const MOST_DEPTH = 16;

/** The bytes are not JSON; `offset` is the byte where that shows. */
export class MalformedJson extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super(`not JSON at byte ${offset}`);
    this.name = 'MalformedJson';
    this.offset = offset;
  }
}

/** A value's place, `end` being the offset behind it; it is not known to be JSON yet. */
export type SkippedValue = {
  end: number;
  /** It holds far more than a citizen has, and is not to be parsed. */
  isTooComplex: boolean;
};

/** From behind the opening quote to behind the closing one; -1 when the bytes end before. */
export function skipString(bytes: Buffer, start: number): number {
  const { length } = bytes;
  for (let place = start; place < length; place++) {
    const byte = bytes[place];
    if (byte === QUOTE) return place + 1;
    if (byte === BACKSLASH) place++;
  }
  return -1;
}

/** To the next byte that ends a number or a word. */
function skipWord(bytes: Buffer, start: number): number {
  for (let place = start; place < bytes.length; place++) {
    const byte = bytes[place];
    if (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT || isBlank(byte)) return place;
  }
  return bytes.length;
}

/**
 * Past the value that begins at `start`, which is no blank. Of containers only the nesting is looked at. Answers
 * undefined when the bytes end within the value; a number or a word at their very end may go on.
 * O(bytes). @throws MalformedJson where there is no value
 */
export function skipValue(bytes: Buffer, start: number): SkippedValue | undefined {
  const { length } = bytes;
  let at = start;
  let depth = 0;
  let containers = 0;
  let keys = 0;
  let isTooComplex = false;
  do {
    if (at >= length) return undefined;
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at + 1);
      if (at < 0) return undefined;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      at++;
      containers++;
      depth++;
      if (depth > MOST_DEPTH || containers > MOST_CONTAINERS) isTooComplex = true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) throw new MalformedJson(at);
      at++;
      depth--;
    } else if (depth === 0) {
      const end = skipWord(bytes, at);
      if (end === at) throw new MalformedJson(at);
      at = end;
    } else {
      if (byte === COLON && ++keys > MOST_KEYS) isTooComplex = true;
      at++;
    }
  } while (depth > 0);
  return { end: at, isTooComplex };
}

/** The value of a part of the bytes. @throws MalformedJson */
export function parseValue(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    throw new MalformedJson(start);
  }
}
