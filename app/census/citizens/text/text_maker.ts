import { OWN_MEMORY_BYTES } from '../../../db/wire/frames.js';
import type { RowFormat } from '../../../http/answers/row_formats.js';
import { createThreadPool, type ThreadUse } from '../../../thread_pool.js';
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
  threadUse(): ThreadUse;
  close(): Promise<void>;
};

/** Makes short texts where it stands and long ones in `workerCount` threads, which start when first needed. */
export function createTextMaker(workerCount: number): TextMaker {
  const pool = createThreadPool<TextTask, Uint8Array<ArrayBuffer>>({
    url: new URL('./text_worker.js', import.meta.url),
    name: 'makeTextInWorker',
    threadCount: workerCount,
  });

  return {
    async make(format, rows, mayLeave) {
      // Below, the rows share their memory with other replies, and are made text of in 0.2 ms.
      const mostHere = mayLeave ? OWN_MEMORY_BYTES : MOST_HERE_BYTES;
      if (rows.length <= mostHere) return ROWS_TO_TEXT[format](rows);
      const owned = rows as Uint8Array as Uint8Array<ArrayBuffer>;
      const text = await pool.run({ format, rows: owned }, [owned.buffer]);
      return Buffer.from(text.buffer, text.byteOffset, text.length);
    },
    warmUp: pool.start,
    threadUse: pool.use,
    close: pool.close,
  };
}
