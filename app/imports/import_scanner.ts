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

/**
 * Finds the citizens in the bytes of an import, `{"citizens": [ ... ]}`, without parsing them.
 *
 * JSON.parse of a whole body takes as much memory as the body's author wishes: 100 MB of `[[[[` or `{},{},` became
 * 6 GB and a minute of work. Citizen by citizen, each is bounded by its own bytes, and a body can be left at its first
 * million faults. The scan costs about 3 ms a MB.
 */

/** A citizen has two containers, itself and its relatives, and nine keys; what holds more than this is not parsed. */
const MOST_CONTAINERS = 100;
const MOST_KEYS = 100;
const MOST_DEPTH = 16;
/** 256 characters, each as \uXXXX, and the quotes. Longer keys are told of without their name. */
const MOST_KEY_BYTES = 256 * 6 + 2;
/** Longer skipped values are not looked into. */
const MOST_CHECKED_BYTES = 1024 * 1024;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The bytes are not JSON; `offset` is the byte where that shows. */
export class MalformedJson extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super(`not JSON at byte ${offset}`);
    this.name = 'MalformedJson';
    this.offset = offset;
  }
}

export type ImportVisitor = {
  /** Offered each element first: answers the offset behind it when that is all there is to do, or -1. */
  quick(start: number): number;
  /** The bytes of one element of `citizens`, not known to be JSON yet; isTooComplex: not to be parsed. */
  citizen(start: number, end: number, isTooComplex: boolean): void;
  /** What is wrong around the citizens. `key` is missing for the body itself, and for a key too long to be named. */
  fault(kind: 'notAnObject' | 'unknownKey' | 'repeatedKey' | 'notAnArray' | 'missing', key?: string): void;
};

function startOf(bytes: Buffer): number {
  return BYTE_ORDER_MARK.every((byte, place) => bytes[place] === byte) ? BYTE_ORDER_MARK.length : 0;
}

/** Nothing but blanks, behind a byte order mark or none. */
export function isBlankText(bytes: Buffer): boolean {
  let at = startOf(bytes);
  while (isBlank(bytes[at])) at++;
  return at >= bytes.length;
}

/** @throws MalformedJson where the structure cannot be that of JSON */
export function scanImport(bytes: Buffer, visitor: ImportVisitor): void {
  const { length } = bytes;
  let at = startOf(bytes);
  /** Of the last value skipped. */
  let isTooComplex = false;

  function skipBlanks(): void {
    while (isBlank(bytes[at])) at++;
  }

  function expect(byte: number): void {
    skipBlanks();
    if (bytes[at] !== byte) throw new MalformedJson(at);
    at++;
  }

  /** True and past it when the next byte that is no blank is this one. */
  function takes(byte: number): boolean {
    skipBlanks();
    if (bytes[at] !== byte) return false;
    at++;
    return true;
  }

  /** From behind the opening quote to behind the closing one. */
  function skipString(): void {
    // A local place: a variable that functions share is slower in a loop over bytes.
    let place = at;
    while (place < length) {
      const byte = bytes[place];
      if (byte === QUOTE) {
        at = place + 1;
        return;
      }
      place += byte === BACKSLASH ? 2 : 1;
    }
    throw new MalformedJson(length);
  }

  /** To the next byte that ends a number or a word. */
  function skipWord(): void {
    const start = at;
    for (; at < length; at++) {
      const byte = bytes[at];
      if (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT || isBlank(byte)) break;
    }
    if (at === start) throw new MalformedJson(at);
  }

  /** Past one value. Of containers only the nesting is looked at. */
  function skipValue(): void {
    skipBlanks();
    let depth = 0;
    let containers = 0;
    let keys = 0;
    isTooComplex = false;
    do {
      const byte = bytes[at];
      if (byte === undefined) throw new MalformedJson(length);
      if (byte === QUOTE) {
        at++;
        skipString();
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
        skipWord();
      } else {
        if (byte === COLON && ++keys > MOST_KEYS) isTooComplex = true;
        at++;
      }
    } while (depth > 0);
  }

  /** Past a value that is refused anyway; one of moderate size is looked into, to tell "not JSON" from "not wanted". */
  function skipChecked(): void {
    skipBlanks();
    const start = at;
    skipValue();
    if (isTooComplex || at - start > MOST_CHECKED_BYTES) return;
    try {
      JSON.parse(bytes.toString('utf8', start, at));
    } catch {
      throw new MalformedJson(start);
    }
  }

  function scanKey(): string | undefined {
    expect(QUOTE);
    const start = at - 1;
    skipString();
    if (at - start > MOST_KEY_BYTES) return undefined;
    try {
      return JSON.parse(bytes.toString('utf8', start, at));
    } catch {
      throw new MalformedJson(start);
    }
  }

  function scanCitizens(): void {
    if (takes(CLOSE_ARRAY)) return;
    do {
      skipBlanks();
      const start = at;
      at = visitor.quick(start);
      if (at >= 0) continue;
      at = start;
      skipValue();
      visitor.citizen(start, at, isTooComplex);
    } while (takes(COMMA));
    expect(CLOSE_ARRAY);
  }

  function scanBody(): void {
    let hasCitizens = false;
    if (!takes(CLOSE_OBJECT)) {
      do {
        const key = scanKey();
        expect(COLON);
        if (key !== 'citizens' || hasCitizens) {
          skipChecked();
          visitor.fault(key === 'citizens' ? 'repeatedKey' : 'unknownKey', key);
          continue;
        }
        hasCitizens = true;
        if (takes(OPEN_ARRAY)) {
          scanCitizens();
        } else {
          skipChecked();
          visitor.fault('notAnArray', key);
        }
      } while (takes(COMMA));
      expect(CLOSE_OBJECT);
    }
    if (!hasCitizens) visitor.fault('missing', 'citizens');
  }

  if (takes(OPEN_OBJECT)) {
    scanBody();
  } else {
    skipChecked();
    visitor.fault('notAnObject');
  }
  skipBlanks();
  if (at < length) throw new MalformedJson(at);
}
