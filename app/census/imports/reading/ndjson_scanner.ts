import { startOfText } from '../../../http/bodies/text_start.js';
import { isBlank, NEWLINE, skipRun } from '../../../http/json/json_bytes.js';
import { memoryOf, releasable } from './json_scanner.js';

/** Up to so many blanks are skipped one by one; longer runs are skipped by a search. */
const SHORT_RUN_BYTES = 256;

type LineVisitor = {
  /** From now on the offsets below refer to these bytes, which begin at `offset` of the body. */
  window(bytes: Buffer, offset: number): void;
  /** Is offered each line that is not blank first. Returns how many lines it has read, and where the next one begins. */
  quick?(start: number, number: number): { end: number; count: number } | undefined;
  /** A line that is not blank; `start` is its first byte that is not blank. `number` counts from 1. */
  line(start: number, end: number, number: number): void;
  /** A line is longer than a window may grow: the rest cannot be read. */
  tooLong(): never;
};

type LineScanner = {
  /** Takes the next bytes of the body; `isLast`: no more follow. */
  push(bytes: Buffer, isLast: boolean): void;
  /** Memory of the bytes kept for the next push. */
  heldBytes(): number;
};

/**
 * Finds the lines of a body of any length as its bytes come. `maxBytes`: of a line, without leading blanks. O(bytes).
 */
export function createLineScanner(visitor: LineVisitor, maxBytes: number): LineScanner {
  /** The beginning of an incomplete line, in pieces, so that a long line is joined only once. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let offset = 0;
  let number = 1;

  /** Skips blanks, blank lines too, and counts the lines. */
  function passBlanks(bytes: Buffer, start: number): number {
    let at = start;
    for (;;) {
      const stop = Math.min(bytes.length, at + SHORT_RUN_BYTES);
      for (; at < stop && isBlank(bytes[at]); at++) if (bytes[at] === NEWLINE) number++;
      if (at < stop || at >= bytes.length) return at;
      const end = skipRun(bytes, at - 1) + 1;
      if (bytes[at - 1] === NEWLINE) number += end - at;
      at = end;
    }
  }

  /** Returns the beginning of the line that continues after the window. */
  function scanWindow(bytes: Buffer, isLast: boolean): number {
    let at = passBlanks(bytes, offset === 0 ? startOfText(bytes) : 0);
    for (;;) {
      const read = visitor.quick?.(at, number);
      if (read !== undefined) {
        number += read.count;
        at = passBlanks(bytes, read.end);
        continue;
      }
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0) break;
      visitor.line(at, end, number);
      at = passBlanks(bytes, end);
    }
    if (!isLast) return at;
    if (at < bytes.length) visitor.line(at, bytes.length, number);
    return bytes.length;
  }

  return {
    push(next, isLast) {
      const goesOn = begun.length > 0 && !isLast && !next.includes(NEWLINE);
      begun.push(next);
      begunBytes += next.length;
      if (!goesOn) {
        const bytes = begun.length === 1 ? next : Buffer.concat(begun);
        visitor.window(bytes, offset);
        const start = scanWindow(bytes, isLast);
        const rest = releasable(bytes, start);
        offset += start;
        begun = rest.length > 0 ? [rest] : [];
        begunBytes = rest.length;
      }
      if (begunBytes > maxBytes) visitor.tooLong();
    },
    heldBytes: () => begun.reduce((sum, piece) => sum + memoryOf(piece), 0),
  };
}
