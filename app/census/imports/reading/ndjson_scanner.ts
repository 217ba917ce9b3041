import { startOfText } from '../../../http/bodies/text_start.js';
import { isBlank, NEWLINE, skipRun } from '../../../http/json/json_bytes.js';
import { memoryOf, releasable } from './json_scanner.js';

/** So many blanks in a row are looked at one by one; what is longer is worth the search for a run. */
const SHORT_RUN_BYTES = 256;

export type LineVisitor = {
  /** The offsets below are places in these bytes from now on; its first byte is that of the body's `offset`. */
  window(bytes: Buffer, offset: number): void;
  /** A line that has more than blanks; `start` is its first byte that is none. `number` counts from 1. */
  line(start: number, end: number, number: number): void;
  /** A line is longer than a window may grow: the rest cannot be read. */
  tooLong(): never;
};

export type LineScanner = {
  /** Takes the next bytes of the body; `isLast`: there are no more. */
  push(bytes: Buffer, isLast: boolean): void;
  /** Bytes of the body that are kept for the next push. */
  heldBytes(): number;
};

/**
 * Finds the lines of a body of any length as its bytes come. `mostBytes`: how long a line may be, without the blanks that
 * it begins with. O(bytes).
 */
export function createLineScanner(visitor: LineVisitor, mostBytes: number): LineScanner {
  /** The beginning of a line whose end has not come; in pieces, so that a long one is joined once. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let offset = 0;
  let number = 1;

  /** Past blanks, those of whole lines too, which are counted. */
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

  /** Answers where the line begins that goes on behind the window. */
  function scanWindow(bytes: Buffer, isLast: boolean): number {
    let at = passBlanks(bytes, offset === 0 ? startOfText(bytes) : 0);
    for (let end = bytes.indexOf(NEWLINE, at); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
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
      if (begunBytes > mostBytes) visitor.tooLong();
    },
    heldBytes: () => begun.reduce((sum, piece) => sum + memoryOf(piece), 0),
  };
}
