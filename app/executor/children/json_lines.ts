import type { Duplex } from 'node:stream';

/** A result has at most 1 MiB; escapes can make it longer in JSON. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Messages to and from a child, a JSON text a line, over a descriptor of its own. */
type JsonLines = {
  /** Whether it could be sent; not when the other side has gone. */
  send(message: unknown): boolean;
};

/**
 * `onMessage` gets each message that comes; `onFault` is called once, with the reason, when a line is not JSON or over
 * 8 MiB, and nothing is read any more.
 */
export function createJsonLines(
  socket: Duplex,
  onMessage: (message: unknown) => void,
  onFault: (reason: string) => void,
): JsonLines {
  let pieces: Buffer[] = [];
  let length = 0;
  let isFaulty = false;

  function fail(reason: string): void {
    if (isFaulty) return;
    isFaulty = true;
    pieces = [];
    onFault(reason);
  }

  function readLine(line: string): void {
    if (isFaulty || line === '') return;
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      fail('a line on the descriptor for answers is not JSON');
      return;
    }
    onMessage(message);
  }

  socket.on('data', (chunk: Buffer) => {
    if (isFaulty) return;
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      pieces.push(chunk.subarray(from, end));
      readLine(Buffer.concat(pieces).toString('utf8'));
      pieces = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) return;
    pieces.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > MAX_LINE_BYTES) fail('a line on the descriptor for answers is over 8 MiB');
  });
  // The end of the child is heard of by its own event.
  socket.on('error', () => {});

  return {
    send(message) {
      if (!socket.writable) return false;
      socket.write(`${JSON.stringify(message)}\n`);
      return true;
    },
  };
}
