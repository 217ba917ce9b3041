import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { createImportParse, type ParseOptions, type ParseOutcome, type RowChunk } from './parse.js';

export type ParseTask = { port: MessagePort; options: ParseOptions };
/** To the thread: a part of the body. */
type BodyMessage = { bytes: Uint8Array<ArrayBuffer>; isLast: boolean };
/**
 * From the thread: rows, a finished part, or the outcome. `doneBytes`: memory of the part; `heldBytes`: memory that the
 * import holds in the thread now.
 */
export type ParseMessage = { chunk: RowChunk } | { doneBytes: number; heldBytes: number } | { outcome: ParseOutcome };

/** Lower priority than the event loop and Tarantool, which every request needs. */
const NICENESS = 5;

function lowerPriority(): void {
  try {
    // "PID/task/TID": on Linux each thread has a priority of its own; elsewhere there is no such path.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, getPriority(thread) + NICENESS);
  } catch {
    // Only an optimisation.
  }
}
lowerPriority();

/**
 * Runs in a worker thread for one import: reads the messages of the port until the outcome is known or the port is
 * closed. Rows and bytes are transferred, not copied. A thread serves many imports at once; most of them wait.
 */
export function parseInWorker({ port, options }: ParseTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const say = (message: ParseMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
    const parse = createImportParse(options, (chunk) => {
      const { rows, counts } = chunk;
      say({ chunk }, counts === undefined ? [rows.buffer] : [rows.buffer, counts.buffer]);
    });
    let previous = Promise.resolve();
    let isOver = false;

    async function take({ bytes, isLast }: BodyMessage): Promise<void> {
      if (isOver) return;
      const outcome = await parse.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), isLast);
      say({ doneBytes: bytes.buffer.byteLength, heldBytes: parse.heldBytes() });
      if (outcome === undefined) return;
      isOver = true;
      say({ outcome }, 'report' in outcome ? outcome.report?.map(({ buffer }) => buffer) : []);
    }

    port.on('message', (message: BodyMessage) => {
      previous = previous.then(() => take(message)).catch(reject);
    });
    port.on('messageerror', reject);
    port.once('close', () => {
      isOver = true;
      void previous.then(parse.close).then(resolve);
    });
  });
}
