import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { createImportParse, type ParseOptions, type ParseOutcome, type RowChunk } from './parse.js';

export type ParseTask = { port: MessagePort; options: ParseOptions };
/** To the thread: a part of the body. */
export type BodyMessage = { bytes: Uint8Array<ArrayBuffer>; isLast: boolean };
/**
 * From the thread: rows, a part that is done with, or the end. `doneBytes`: memory of the part; `heldBytes`: what the
 * import holds in the thread now.
 */
export type ParseMessage = { chunk: RowChunk } | { doneBytes: number; heldBytes: number } | { outcome: ParseOutcome };

/** Below the event loop and Tarantool, which others wait for: a parser that is a little slower delays nobody else. */
const NICENESS = 5;

function stepBack(): void {
  try {
    // "PID/task/TID": on Linux a priority is a thread's own. Elsewhere all have the same.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, getPriority(thread) + NICENESS);
  } catch {
    // Nothing depends on it.
  }
}
stepBack();

/**
 * What a worker thread runs for one import: reads what comes at the port until the outcome is known or the port is
 * closed. Rows and bytes change hands without being copied. A thread has many of these at once; each waits most of the time.
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
    port.once('close', resolve);
  });
}
