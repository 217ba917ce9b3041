import { isBlank } from '../http/json_bytes.js';
import { startOfText } from '../http/text_start.js';

const NEWLINE = 0x0a;

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
};

/** Finds the lines of a body of any length as its bytes come. `mostBytes`: how long a line may be. O(bytes). */
export function createLineScanner(visitor: LineVisitor, mostBytes: number): LineScanner {
  /** The beginning of a line whose end has not come; in pieces, so that a long one is joined once. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let offset = 0;
  let number = 0;

  function scanLine(bytes: Buffer, start: number, end: number): void {
    number++;
    let first = start;
    while (first < end && isBlank(bytes[first])) first++;
    if (first < end) visitor.line(first, end, number);
  }

  /** Answers where the line begins that goes on behind the window. */
  function scanWindow(bytes: Buffer, isLast: boolean): number {
    let at = offset === 0 ? startOfText(bytes) : 0;
    for (let end = bytes.indexOf(NEWLINE, at); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
      scanLine(bytes, at, end);
      at = end + 1;
    }
    if (!isLast) return at;
    if (at < bytes.length) scanLine(bytes, at, bytes.length);
    return bytes.length;
  }

  return {
    push(next, isLast) {
      begun.push(next);
      begunBytes += next.length;
      if (!isLast && !next.includes(NEWLINE)) {
        if (begunBytes > mostBytes) visitor.tooLong();
        return;
      }
      const bytes = begun.length === 1 ? next : Buffer.concat(begun);
      visitor.window(bytes, offset);
      const rest = scanWindow(bytes, isLast);
      offset += rest;
      begun = rest < bytes.length ? [bytes.subarray(rest)] : [];
      begunBytes = bytes.length - rest;
    },
  };
}
