import type { Readable } from 'node:stream';

/**
 * What a child prints, cut into what belongs to which task: after each task the child prints a mark that nothing else
 * is likely to print.
 */
type MarkedOutput = {
  /** From now on `onBytes` gets what is printed. */
  begin(mark: string, onBytes: (bytes: Buffer) => void): void;
  /** Resolves when the mark has come or the child's output has ended. */
  untilMark(): Promise<void>;
};

/** How many bytes at the end of `bytes` are the beginning of the mark; its first byte comes in it only once. */
function beginningAtEnd(bytes: Buffer, mark: Buffer): number {
  const at = bytes.lastIndexOf(mark[0] as number);
  const length = bytes.length - at;
  return at !== -1 && length < mark.length && bytes.subarray(at).equals(mark.subarray(0, length)) ? length : 0;
}

export function createMarkedOutput(stream: Readable): MarkedOutput {
  let mark = Buffer.alloc(0);
  let onBytes: (bytes: Buffer) => void = () => {};
  /** The last bytes, which are the beginning of the mark. */
  let held = Buffer.alloc(0);
  let isMarked = true;
  let hasEnded = false;
  let waiting: (() => void)[] = [];

  function wake(): void {
    for (const each of waiting) each();
    waiting = [];
  }

  function give(bytes: Buffer): void {
    if (bytes.length > 0) onBytes(bytes);
  }

  stream.on('data', (chunk: Buffer) => {
    // After the mark nothing is expected; what comes all the same belongs to nobody.
    if (isMarked) return;
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const at = bytes.indexOf(mark);
    if (at !== -1) {
      give(bytes.subarray(0, at));
      held = Buffer.alloc(0);
      isMarked = true;
      wake();
      return;
    }
    const kept = beginningAtEnd(bytes, mark);
    give(bytes.subarray(0, bytes.length - kept));
    held = Buffer.from(bytes.subarray(bytes.length - kept));
  });
  stream.on('error', () => {});
  stream.once('close', () => {
    give(held);
    hasEnded = true;
    wake();
  });

  return {
    begin(nextMark, take) {
      mark = Buffer.from(nextMark);
      onBytes = take;
      held = Buffer.alloc(0);
      isMarked = false;
    },
    untilMark() {
      if (isMarked || hasEnded) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
