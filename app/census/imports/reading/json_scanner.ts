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
 * JSON.parse of a whole body takes as much memory as the client wishes: 100 MB of `[[[[` or `{},{},` became 6 GB and a
 * minute of work. Read one by one, each citizen is bounded by its own bytes, reading can stop at a million faults, and a
 * body may have any length. The scan takes about 3 ms per MB.
 */

/** 256 characters, each as \uXXXX, and the quotes. Longer keys are reported without their names. */
const MAX_KEY_BYTES = 256 * 6 + 2;

export type ImportVisitor = {
  /** From now on the offsets below refer to these bytes, which begin at `offset` of the body. */
  window(bytes: Buffer, offset: number): void;
  /** Is offered each element first. Returns the offset after the last one that it has read, or -1. */
  quick(start: number): number;
  /** An element of `citizens` that `quick` did not read. */
  citizen(start: number, value: ScannedValue): void;
  /** A fault outside the citizens. `key` is missing for the body itself, and for a key too long to be named. */
  fault(kind: 'notAnObject' | 'unknownKey' | 'repeatedKey' | 'notAnArray' | 'missing', key?: string): void;
  /** An element, or a value beside the citizens, is longer than a window may grow: the rest cannot be read. */
  tooLong(): never;
};

type ImportScanner = {
  /** Takes the next bytes of the body; `isLast`: no more follow. @throws MalformedJson with an offset in the body */
  push(bytes: Buffer, isLast: boolean): void;
  /** Memory of the bytes kept for the next push. */
  heldBytes(): number;
};

type Container = { kind: Unclosed; start: number };

/** Thrown inside the scanner when a step needs more bytes; the step is repeated when they have come. */
const NEEDS_MORE = new Error('more bytes are needed');

/** The bytes from `start` on. A short rest is copied, since a view would keep all of `bytes` in memory. */
export function releasable(bytes: Buffer, start: number): Buffer {
  const rest = bytes.subarray(start);
  return rest.length < bytes.length / 2 ? Buffer.from(rest) : rest;
}

/** The memory that these bytes keep alive. */
export function memoryOf(bytes: Buffer): number {
  return bytes.length === 0 ? 0 : bytes.buffer.byteLength;
}

/** `maxBytes`: of an incomplete element. */
export function createImportScanner(visitor: ImportVisitor, maxBytes = Number.POSITIVE_INFINITY): ImportScanner {
  let bytes: Buffer = Buffer.alloc(0);
  /** The offset of bytes[0] in the body. */
  let offset = 0;
  let at = 0;
  let isLast = false;
  let hasCitizens = false;
  /** The innermost container around the current place, and where it begins in the body. */
  let container: Container = { kind: 'value', start: 0 };
  let body = container;
  let step: () => void = scanStart;
  /**
   * Bytes that came after a step needed more, until there are as many again: else long values would be read again and
   * again.
   */
  let waiting: Buffer[] = [];
  let waitingBytes = 0;

  /** The bytes end inside of this. */
  function endsIn({ kind, start }: Container): never {
    if (isLast) throw new MalformedJson(start - offset, kind);
    throw NEEDS_MORE;
  }

  /** The next byte that is not blank. */
  function peek(): number {
    at = skipBlanks(bytes, at);
    return bytes[at] ?? endsIn(container);
  }

  function expect(byte: number): void {
    if (peek() !== byte) throw new MalformedJson(at);
    at++;
  }

  /** Whether the next byte that is not blank is this one; then it is skipped. */
  function takes(byte: number): boolean {
    if (peek() !== byte) return false;
    at++;
    return true;
  }

  /** Skips a value. One at the end of a window may be incomplete: `12` may go on as `123`. */
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
    return end - start > MAX_KEY_BYTES ? undefined : JSON.parse(bytes.toString('utf8', start, end));
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

  /** Runs to the end of the window. Returns the offset of the step that needs more bytes. */
  function run(): number {
    let begun = at;
    try {
      for (;;) {
        // Blanks are not kept for the next window, however many there are.
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
      if (!last && waitingBytes < bytes.length && bytes.length + waitingBytes < maxBytes) return;
      isLast = last;
      bytes = bytes.length === 0 && waiting.length === 1 ? next : Buffer.concat([bytes, ...waiting]);
      waiting = [];
      waitingBytes = 0;
      at = 0;
      visitor.window(bytes, offset);
      const begun = run();
      offset += begun;
      bytes = releasable(bytes, begun);
      if (bytes.length > maxBytes) visitor.tooLong();
    },
    heldBytes: () => memoryOf(bytes) + waitingBytes,
  };
}
