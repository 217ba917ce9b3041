import { OWN_MEMORY_BYTES } from '../../../db/wire/frames.js';
import type { RowFormat } from '../../../http/answers/row_formats.js';
import { createThreadPool, type ThreadUse } from '../../../thread_pool.js';
import { ROWS_TO_TEXT } from './list_formats.js';
import type { TextTask } from './text_worker.js';

/** Takes 2 ms, which may block the event loop. */
const MAX_HERE_BYTES = 512 * 1024;

/** Converts pages of rows to text. */
export type TextMaker = {
  /**
   * An array of tuples as MessagePack -> the text of these citizens. `rows` must not be used afterwards.
   * `mayLeave`: use a thread also for short work, since the event loop has other work to do.
   */
  make(format: RowFormat, rows: Buffer, mayLeave: boolean): Promise<Buffer>;
  /** Starts the threads in advance: the first long list would wait 0.1 s for them. */
  warmUp(): void;
  threadUse(): ThreadUse;
  close(): Promise<void>;
};

/** Makes short texts on the calling thread and long ones in `workerCount` threads, which start when first needed. */
export function createTextMaker(workerCount: number): TextMaker {
  const pool = createThreadPool<TextTask, Uint8Array<ArrayBuffer>>({
    url: new URL('./text_worker.js', import.meta.url),
    name: 'makeTextInWorker',
    threadCount: workerCount,
  });

  return {
    async make(format, rows, mayLeave) {
      // Shorter rows share memory with other replies, and take 0.2 ms.
      const maxHereBytes = mayLeave ? OWN_MEMORY_BYTES : MAX_HERE_BYTES;
      if (rows.length <= maxHereBytes) return ROWS_TO_TEXT[format](rows);
      const owned = rows as Uint8Array as Uint8Array<ArrayBuffer>;
      const text = await pool.run({ format, rows: owned }, [owned.buffer]);
      return Buffer.from(text.buffer, text.byteOffset, text.length);
    },
    warmUp: pool.start,
    threadUse: pool.use,
    close: pool.close,
  };
}
