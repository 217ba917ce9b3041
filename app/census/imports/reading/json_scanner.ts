import { BYTE_ORDER_MARK_BYTES, startOfText } from '../../../http/bodies/text_start.js';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
} from '../../../http/json/json_bytes.js';
import {
  MalformedJson,
  type ScannedValue,
  scanValue,
  skipString,
  type Unclosed,
} from '../../../http/json/json_scan.js';

/**
 * Finds the citizens in the bytes of an import, `{"citizens": [ ... ]}`, as they come, without parsing them.
 *
 * JSON.parse of a whole body takes as much memory as the body's author wishes: 100 MB of `[[[[` or `{},{},` became
 * 6 GB and a minute of work. Citizen by citizen, each is bounded by its own bytes, a body can be left at its first
 * million faults, and it may be of any length. The scan costs about 3 ms a MB.
 */

/** 256 characters, each as \uXXXX, and the quotes. Longer keys are told of without their name. */
const MOST_KEY_BYTES = 256 * 6 + 2;

export type ImportVisitor = {
  /** The offsets below are places in these bytes from now on; its first byte is that of the body's `offset`. */
  window(bytes: Buffer, offset: number): void;
  /** Offered each element first: answers the offset behind it when that is all there is to do, or -1. */
  quick(start: number): number;
  /** One element of `citizens`. */
  citizen(start: number, value: ScannedValue): void;
  /** What is wrong around the citizens. `key` is missing for the body itself, and for a key too long to be named. */
  fault(kind: 'notAnObject' | 'unknownKey' | 'repeatedKey' | 'notAnArray' | 'missing', key?: string): void;
  /** One element, or one value beside the citizens, is longer than a window may grow: the rest cannot be read. */
  tooLong(): never;
};

export type ImportScanner = {
  /** Takes the next bytes of the body; `isLast`: there are no more. @throws MalformedJson with a place in the body */
  push(bytes: Buffer, isLast: boolean): void;
  /** Bytes of the body that are kept for the next push. */
  heldBytes(): number;
};

type Container = { kind: Unclosed; start: number };

/** Thrown within the scanner when a step needs bytes that have not come yet; the step is then begun anew. */
const NEEDS_MORE = new Error('more bytes are needed');

/** The bytes from `start` on. A short rest is copied, so that it does not keep all of `bytes` in memory. */
export function releasable(bytes: Buffer, start: number): Buffer {
  const rest = bytes.subarray(start);
  return rest.length < bytes.length / 2 ? Buffer.from(rest) : rest;
}

/** What is in memory for the sake of these bytes. */
export function memoryOf(bytes: Buffer): number {
  return bytes.length === 0 ? 0 : bytes.buffer.byteLength;
}

/** `mostBytes`: what may wait for the rest of an element. */
export function createImportScanner(visitor: ImportVisitor, mostBytes = Number.POSITIVE_INFINITY): ImportScanner {
  let bytes: Buffer = Buffer.alloc(0);
  /** Of bytes[0] in the body. */
  let offset = 0;
  let at = 0;
  let isLast = false;
  let hasCitizens = false;
  /** The innermost container around what is read, and where it begins in the body. */
  let container: Container = { kind: 'value', start: 0 };
  let body = container;
  let step: () => void = scanStart;
  /** What came after a step that needed more, until it is as much again: else long values would be read over and over. */
  let waiting: Buffer[] = [];
  let waitingBytes = 0;

  /** The body ends within this: what is at hand needs more bytes than there are. */
  function endsIn({ kind, start }: Container): never {
    if (isLast) throw new MalformedJson(start - offset, kind);
    throw NEEDS_MORE;
  }

  /** The next byte that is no blank. */
  function peek(): number {
    at = skipBlanks(bytes, at);
    return bytes[at] ?? endsIn(container);
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

  /** Past a value. A word at the end of a window may go on. */
  function skip(): ScannedValue {
    peek();
    try {
      const value = scanValue(bytes, at);
      if (value.end === bytes.length && !isLast) throw NEEDS_MORE;
      at = value.end;
      return value;
    } catch (reason) {
      throw reason instanceof MalformedJson && reason.unclosed !== undefined && !isLast ? NEEDS_MORE : reason;
    }
  }

  function scanKey(): string | undefined {
    expect(QUOTE);
    const start = at - 1;
    const end = skipString(bytes, at);
    if (end < 0) endsIn({ kind: 'string', start: offset + start });
    at = end;
    return end - start > MOST_KEY_BYTES ? undefined : JSON.parse(bytes.toString('utf8', start, end));
  }

  function scanStart(): void {
    if (bytes.length < BYTE_ORDER_MARK_BYTES && !isLast) throw NEEDS_MORE;
    at = startOfText(bytes);
    step = scanBody;
  }

  function scanBody(): void {
    if (takes(OPEN_OBJECT)) {
      container = { kind: 'object', start: offset + at - 1 };
      step = scanFirstKey;
    } else {
      skip();
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
      skip();
      visitor.fault(key === 'citizens' ? 'repeatedKey' : 'unknownKey', key);
      step = scanAfterPair;
      return;
    }
    if (takes(OPEN_ARRAY)) {
      body = container;
      container = { kind: 'array', start: offset + at - 1 };
      step = scanFirstCitizen;
    } else {
      skip();
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

  function endCitizens(): void {
    container = body;
    step = scanAfterPair;
  }

  function scanFirstCitizen(): void {
    if (takes(CLOSE_ARRAY)) endCitizens();
    else step = scanCitizen;
  }

  function scanCitizen(): void {
    peek();
    const start = at;
    at = visitor.quick(start);
    if (at < 0) {
      at = start;
      visitor.citizen(start, skip());
    }
    step = scanAfterCitizen;
  }

  function scanAfterCitizen(): void {
    if (takes(COMMA)) {
      step = scanCitizen;
    } else {
      expect(CLOSE_ARRAY);
      endCitizens();
    }
  }

  function scanEnd(): void {
    at = skipBlanks(bytes, at);
    if (at < bytes.length) throw new MalformedJson(at);
    if (!isLast) throw NEEDS_MORE;
  }

  /** To the end of the window: answers where the step that needs more bytes began. */
  function run(): number {
    let begun = at;
    try {
      for (;;) {
        // Not kept for the next window, however many there are.
        if (step !== scanStart) at = skipBlanks(bytes, at);
        begun = at;
        step();
        if (step === scanEnd && at >= bytes.length && isLast) return at;
      }
    } catch (reason) {
      if (reason === NEEDS_MORE) return begun;
      if (reason instanceof MalformedJson) throw reason.movedBy(offset);
      throw reason;
    }
  }

  return {
    push(next, last) {
      waiting.push(next);
      waitingBytes += next.length;
      if (!last && waitingBytes < bytes.length && bytes.length + waitingBytes < mostBytes) return;
      isLast = last;
      bytes = bytes.length === 0 && waiting.length === 1 ? next : Buffer.concat([bytes, ...waiting]);
      waiting = [];
      waitingBytes = 0;
      at = 0;
      visitor.window(bytes, offset);
      const begun = run();
      offset += begun;
      bytes = releasable(bytes, begun);
      if (bytes.length > mostBytes) visitor.tooLong();
    },
    heldBytes: () => memoryOf(bytes) + waitingBytes,
  };
}
