import { StringDecoder } from 'node:string_decoder';

/** What is kept of a task's output; older bytes need not be sent at all. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** A piece of log in one report (docs/engine.md). */
const MAX_PIECE_BYTES = 128 * 1024;

/** Whole characters of log that begin at byte `at`. */
export type LogPiece = { at: number; text: string };

/** stdout, stderr. */
export type OutputStream = 0 | 1;

/** What a task has printed and the database has not got yet. */
export type LogBuffer = {
  add(bytes: Buffer, stream: OutputStream): void;
  /** No more will come: half a character at the end is shown as U+FFFD. */
  end(): void;
  isEmpty(): boolean;
  /** The next piece to send; undefined when there is none. Answers the same until `sent` is called. */
  next(): LogPiece | undefined;
  sent(piece: LogPiece): void;
};

/** The end of the last whole character within the first `limit` bytes. */
function cutAt(text: Buffer, limit: number): number {
  if (text.length <= limit) return text.length;
  let end = limit;
  while (end > 0 && ((text[end] as number) & 0xc0) === 0x80) end--;
  return end;
}

/** @param startsAt the byte at which this attempt's log begins: an earlier attempt has written what is before */
export function createLogBuffer(startsAt: number): LogBuffer {
  // A character may come in two reads, with output of the other stream between them.
  const decoders = [new StringDecoder('utf8'), new StringDecoder('utf8')] as const;
  /** Text after the piece that is on its way, and the byte at which it begins. */
  let chunks: Buffer[] = [];
  let bytes = 0;
  let at = startsAt;
  let piece: LogPiece | undefined;

  function push(text: string): void {
    if (text === '') return;
    const chunk = Buffer.from(text);
    chunks.push(chunk);
    bytes += chunk.length;
    while (chunks.length > 1 && bytes - (chunks[0] as Buffer).length >= MAX_KEPT_BYTES) {
      const dropped = chunks.shift() as Buffer;
      bytes -= dropped.length;
      at += dropped.length;
    }
  }

  return {
    add: (chunk, stream) => push(decoders[stream].write(chunk)),
    end() {
      for (const decoder of decoders) push(decoder.end());
    },
    isEmpty: () => piece === undefined && bytes === 0,
    next() {
      if (piece !== undefined || bytes === 0) return piece;
      const text = Buffer.concat(chunks);
      const length = cutAt(text, MAX_PIECE_BYTES);
      piece = { at, text: text.subarray(0, length).toString('utf8') };
      chunks = length === text.length ? [] : [text.subarray(length)];
      bytes -= length;
      at += length;
      return piece;
    },
    sent(done) {
      if (piece === done) piece = undefined;
    },
  };
}
