import { createThreadPool, type ThreadUse } from '../../../thread_pool.js';
import type { XlsxTask } from './xlsx_worker.js';

const IDLE_MS = 60_000;
/** 100,000 cases take 400 MB. */
const MAX_HEAP_MB = 1_024;

export type XlsxWriter = {
  /** Writes a workbook in a thread. The pages must not be used afterwards. */
  write(pages: readonly Buffer[]): Promise<Buffer>;
  threadUse(): ThreadUse;
  close(): Promise<void>;
};

export function createXlsxWriter(): XlsxWriter {
  const pool = createThreadPool<XlsxTask, Uint8Array<ArrayBuffer>>({
    url: new URL('./xlsx_worker.js', import.meta.url),
    name: 'writeXlsxInWorker',
    threadCount: 1,
    idleMs: IDLE_MS,
    maxHeapMb: MAX_HEAP_MB,
  });
  return {
    async write(pages) {
      // Short pages share memory with other replies.
      const owned = pages.map((page) => new Uint8Array(page));
      const bytes = await pool.run(
        { pages: owned },
        owned.map(({ buffer }) => buffer),
      );
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    },
    threadUse: pool.use,
    close: pool.close,
  };
}
