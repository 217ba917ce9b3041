import { Piscina } from 'piscina';
import { OWN_MEMORY_BYTES } from '../db/frames.js';
import type { RowFormat } from '../http/row_formats.js';
import { ROWS_TO_TEXT } from './list_formats.js';
import type { TextTask } from './text_worker.js';

/** What is made text of in 2 ms, and may hold the event loop that long. */
const MOST_HERE_BYTES = 512 * 1024;

/** Makes the text of a page of rows. */
export type TextMaker = {
  /**
   * An array of tuples as MessagePack -> the text of these citizens. `rows` must not be used afterwards.
   * `mayLeave`: it may go to a thread though it is no long work, since there is other work to be done meanwhile.
   */
  make(format: RowFormat, rows: Buffer, mayLeave: boolean): Promise<Buffer>;
  /** Starts the threads, so that the first long list does not wait 0.1 s for them. */
  warmUp(): void;
  close(): Promise<void>;
};

function createPool(workerCount: number): Piscina<TextTask, Uint8Array<ArrayBuffer>> {
  return new Piscina({
    filename: new URL('./text_worker.js', import.meta.url).href,
    name: 'makeTextInWorker',
    // As in parser.ts: a thread that ends when it is idle takes long to come back.
    minThreads: workerCount,
    maxThreads: workerCount,
  });
}

/** Makes short texts where it stands and long ones in `workerCount` threads, which start when first needed. */
export function createTextMaker(workerCount: number): TextMaker {
  let pool: ReturnType<typeof createPool> | undefined;

  function startedPool(): ReturnType<typeof createPool> {
    pool ??= createPool(workerCount);
    return pool;
  }

  return {
    async make(format, rows, mayLeave) {
      // Below, the rows share their memory with other replies, and are made text of in 0.2 ms.
      const mostHere = mayLeave ? OWN_MEMORY_BYTES : MOST_HERE_BYTES;
      if (rows.length <= mostHere) return ROWS_TO_TEXT[format](rows);
      const owned = rows as Uint8Array as Uint8Array<ArrayBuffer>;
      const text = await startedPool().run({ format, rows: owned }, { transferList: [owned.buffer] });
      return Buffer.from(text.buffer, text.byteOffset, text.length);
    },
    warmUp() {
      startedPool();
    },
    async close() {
      await pool?.destroy();
    },
  };
}
