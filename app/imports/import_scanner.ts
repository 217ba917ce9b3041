import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, isBlank, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json_bytes.js';
import { MalformedJson, parseValue, skipString, skipValue } from './json_value.js';

/**
 * Finds the citizens in the bytes of an import, `{"citizens": [ ... ]}`, as they come, without parsing them.
 *
 * JSON.parse of a whole body takes as much memory as the body's author wishes: 100 MB of `[[[[` or `{},{},` became
 * 6 GB and a minute of work. Citizen by citizen, each is bounded by its own bytes, a body can be left at its first
 * million faults, and it may be of any length. The scan costs about 3 ms a MB.
 */

/** 256 characters, each as \uXXXX, and the quotes. Longer keys are told of without their name. */
const MOST_KEY_BYTES = 256 * 6 + 2;
/** Longer skipped values are not looked into. */
const MOST_CHECKED_BYTES = 1024 * 1024;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export type ImportVisitor = {
  /** The offsets below are places in these bytes from now on; its first byte is that of the body's `offset`. */
  window(bytes: Buffer, offset: number): void;
  /** Offered each element first: answers the offset behind it when that is all there is to do, or -1. */
  quick(start: number): number;
  /** The bytes of one element of `citizens`, not known to be JSON yet; isTooComplex: not to be parsed. */
  citizen(start: number, end: number, isTooComplex: boolean): void;
  /** What is wrong around the citizens. `key` is missing for the body itself, and for a key too long to be named. */
  fault(kind: 'notAnObject' | 'unknownKey' | 'repeatedKey' | 'notAnArray' | 'missing', key?: string): void;
  /** One element, or one value beside the citizens, is longer than a window may grow: the rest cannot be read. */
  tooLong(): never;
};

export type ImportScanner = {
  /** Takes the next bytes of the body; `isLast`: there are no more. @throws MalformedJson with a place in the body */
  push(bytes: Buffer, isLast: boolean): void;
};

/** Thrown within the scanner when a step needs bytes that have not come yet; the step is then begun anew. */
const NEEDS_MORE = new Error('more bytes are needed');

export function startOfText(bytes: Buffer): number {
  return BYTE_ORDER_MARK.every((byte, place) => bytes[place] === byte) ? BYTE_ORDER_MARK.length : 0;
}

/**
 * Nothing but blanks, or what there is of a byte order mark at the start of the body. `offset`: of these bytes in it,
 * which are UTF-8.
 */
export function isBlankText(bytes: Buffer, offset: number): boolean {
  let at = 0;
  while (bytes[at] === BYTE_ORDER_MARK[offset + at] && at < bytes.length) at++;
  while (isBlank(bytes[at])) at++;
  return at >= bytes.length;
}

/** `mostBytes`: what may wait for the rest of an element. */
export function createImportScanner(visitor: ImportVisitor, mostBytes = Number.POSITIVE_INFINITY): ImportScanner {
  let bytes: Buffer = Buffer.alloc(0);
  /** Of bytes[0] in the body. */
  let offset = 0;
  let at = 0;
  let isLast = false;
  let hasCitizens = false;
  let step: () => void = scanStart;
  /** What came after a step that needed more, until it is as much again: else long values would be read over and over. */
  let waiting: Buffer[] = [];
  let waitingBytes = 0;

  function needMore(): never {
    if (isLast) throw new MalformedJson(bytes.length);
    throw NEEDS_MORE;
  }

  /** The next byte that is no blank; undefined at the end of the body. */
  function peek(): number | undefined {
    while (isBlank(bytes[at])) at++;
    if (at >= bytes.length && !isLast) throw NEEDS_MORE;
    return bytes[at];
  }

  function expect(byte: number): void {
    if (peek() !== byte) throw new MalformedJson(at);
    at++;
  }

  /** True and past it when the next byte that is no blank is this one. */
  function takes(byte: number): boolean {
    if (peek() !== byte) return false;
    at++;
    return true;
  }

  /** Past a value; answers whether it is too complex to be parsed. A word at the end of a window may go on. */
  function skip(): boolean {
    if (peek() === undefined) needMore();
    const value = skipValue(bytes, at);
    if (value === undefined || (value.end === bytes.length && !isLast)) return needMore();
    at = value.end;
    return value.isTooComplex;
  }

  /** Past a value that is refused anyway; one of moderate size is looked into, to tell "not JSON" from "not wanted". */
  function skipChecked(): void {
    peek();
    const start = at;
    if (!skip() && at - start <= MOST_CHECKED_BYTES) parseValue(bytes, start, at);
  }

  function scanKey(): string | undefined {
    expect(QUOTE);
    const start = at - 1;
    const end = skipString(bytes, at);
    if (end < 0) return needMore();
    at = end;
    return end - start > MOST_KEY_BYTES ? undefined : String(parseValue(bytes, start, end));
  }

  function scanStart(): void {
    if (bytes.length < BYTE_ORDER_MARK.length && !isLast) throw NEEDS_MORE;
    at = startOfText(bytes);
    if (takes(OPEN_OBJECT)) {
      step = scanFirstKey;
    } else {
      skipChecked();
      visitor.fault('notAnObject');
      step = scanEnd;
    }
  }

  function scanFirstKey(): void {
    if (takes(CLOSE_OBJECT)) endBody();
    else step = scanPair;
  }

  function scanPair(): void {
    const key = scanKey();
    expect(COLON);
    if (key !== 'citizens' || hasCitizens) {
      skipChecked();
      visitor.fault(key === 'citizens' ? 'repeatedKey' : 'unknownKey', key);
      step = scanAfterPair;
      return;
    }
    if (takes(OPEN_ARRAY)) {
      step = scanFirstCitizen;
    } else {
      skipChecked();
      visitor.fault('notAnArray', key);
      step = scanAfterPair;
    }
    hasCitizens = true;
  }

  function scanAfterPair(): void {
    if (takes(COMMA)) {
      step = scanPair;
    } else {
      expect(CLOSE_OBJECT);
      endBody();
    }
  }

  function endBody(): void {
    if (!hasCitizens) visitor.fault('missing', 'citizens');
    step = scanEnd;
  }

  function scanFirstCitizen(): void {
    step = takes(CLOSE_ARRAY) ? scanAfterPair : scanCitizen;
  }

  function scanCitizen(): void {
    peek();
    const start = at;
    at = visitor.quick(start);
    if (at < 0) {
      at = start;
      const isTooComplex = skip();
      visitor.citizen(start, at, isTooComplex);
    }
    step = scanAfterCitizen;
  }

  function scanAfterCitizen(): void {
    if (takes(COMMA)) {
      step = scanCitizen;
    } else {
      expect(CLOSE_ARRAY);
      step = scanAfterPair;
    }
  }

  function scanEnd(): void {
    if (peek() !== undefined) throw new MalformedJson(at);
  }

  /** To the end of the window: answers where the step that needs more bytes began. */
  function run(): number {
    let begun = at;
    try {
      for (;;) {
        begun = at;
        step();
        if (step === scanEnd && at >= bytes.length && isLast) return at;
      }
    } catch (reason) {
      if (reason === NEEDS_MORE) return begun;
      if (reason instanceof MalformedJson) throw new MalformedJson(offset + reason.offset);
      throw reason;
    }
  }

  return {
    push(next, last) {
      waiting.push(next);
      waitingBytes += next.length;
      if (!last && waitingBytes < bytes.length) return;
      isLast = last;
      bytes = bytes.length === 0 && waiting.length === 1 ? next : Buffer.concat([bytes, ...waiting]);
      waiting = [];
      waitingBytes = 0;
      at = 0;
      visitor.window(bytes, offset);
      const begun = run();
      offset += begun;
      bytes = bytes.subarray(begun);
      if (bytes.length > mostBytes) visitor.tooLong();
    },
  };
}
