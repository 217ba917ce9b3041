import { ServiceError } from '../../../errors.js';
import { createThreadPool, type ThreadUse } from '../../../thread_pool.js';
import type { TableFile, TableTask } from './read_table.js';
import type { TableResult } from './table_worker.js';

/** 100,000 rows take 3 s of a free core. */
const LIMIT_MS = 120_000;
/** The heap of the thread; texts of the file are in it. 100,000 owners take 250 MB. */
const MAX_HEAP_MB = 768;
const IDLE_MS = 60_000;

export type TableReader = {
  /**
   * Reads a file in a thread, one at a time. Its bytes must not be used afterwards.
   * @throws ServiceError UNSUPPORTED_FILE, MALFORMED_WORKBOOK, MALFORMED_CSV, WRONG_TABLE, INVALID_UTF8, EMPTY_BODY, BODY_TOO_LARGE
   */
  read(task: TableTask): Promise<TableFile>;
  threadUse(): ThreadUse;
  close(): Promise<void>;
};

function isOutOfMemory(reason: unknown): boolean {
  return (reason as { code?: unknown } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

export function createTableReader(): TableReader {
  const pool = createThreadPool<TableTask, TableResult>({
    url: new URL('./table_worker.js', import.meta.url),
    name: 'readTableInWorker',
    threadCount: 1,
    idleMs: IDLE_MS,
    maxHeapMb: MAX_HEAP_MB,
  });
  return {
    async read(task) {
      const signal = AbortSignal.timeout(LIMIT_MS);
      let result: TableResult;
      try {
        result = await pool.run(task, [task.bytes.buffer], signal);
      } catch (reason) {
        if (signal.aborted || isOutOfMemory(reason)) {
          throw new ServiceError(
            'BODY_TOO_LARGE',
            'Reading the file takes too much time or memory. Nothing was stored.',
          );
        }
        throw reason;
      }
      if ('file' in result) return result.file;
      throw new ServiceError(result.refused.code, result.refused.detail);
    },
    threadUse: pool.use,
    close: pool.close,
  };
}
