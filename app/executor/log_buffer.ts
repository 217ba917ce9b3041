import { StringDecoder } from 'node:string_decoder';

/** What is kept of a task's output; older bytes need not be sent at all. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** A piece of log in one report (docs/engine.md). */
const MAX_PIECE_BYTES = 128 * 1024;

/** Whole characters of log that begin at byte `at`. */
export type LogPiece = { at: number; text: string };

/** What a task has printed and the database has not got yet. */
export type LogBuffer = {
  add(bytes: Buffer): void;
  /** No more will come: half a character at the end is shown as U+FFFD. */
  end(): void;
  /** The next piece to send; undefined when there is none. Answers the same until `sent` is called. */
  next(): LogPiece | undefined;
  sent(piece: LogPiece): void;
};

/** @param startsAt the byte at which this attempt's log begins: an earlier attempt has written what is before */
export function createLogBuffer(startsAt: number): LogBuffer {
  const decoder = new StringDecoder('utf8');
  /** Text to send, in chunks, and the byte at which the first begins. */
  let chunks: Buffer[] = [];
  let bytes = 0;
  let at = startsAt;
  let piece: LogPiece | undefined;

  function push(text: string): void {
    if (text === '') return;
    const chunk = Buffer.from(text);
    chunks.push(chunk);
    bytes += chunk.length;
    // A piece that is on its way stays whole.
    while (piece === undefined && bytes > MAX_KEPT_BYTES + MAX_PIECE_BYTES && chunks.length > 1) {
      const dropped = chunks.shift() as Buffer;
      bytes -= dropped.length;
      at += dropped.length;
    }
  }

  /** The end of the last whole character within the first `limit` bytes. */
  function cutAt(text: Buffer, limit: number): number {
    if (text.length <= limit) return text.length;
    let end = limit;
    while (end > 0 && ((text[end] as number) & 0xc0) === 0x80) end--;
    return end;
  }

  return {
    add: (chunk) => push(decoder.write(chunk)),
    end: () => push(decoder.end()),
    next() {
      if (piece === undefined && bytes > 0) {
        const joined = Buffer.concat(chunks);
        chunks = [joined];
        piece = { at, text: joined.subarray(0, cutAt(joined, MAX_PIECE_BYTES)).toString('utf8') };
      }
      return piece;
    },
    sent(done) {
      if (piece !== done) return;
      const length = Buffer.byteLength(done.text);
      const rest = Buffer.concat(chunks).subarray(length);
      chunks = rest.length === 0 ? [] : [rest];
      bytes -= length;
      at += length;
      piece = undefined;
    },
  };
}
