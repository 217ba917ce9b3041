import { Piscina } from 'piscina';
import type { DateNumber } from '../calendar.js';
import { ServiceError } from '../errors.js';
import { type ParsedImport, parseImport, type RefusedImport } from './parse.js';
import type { ParseTask } from './parse_worker.js';

/**
 * A good body of 8 KB takes 0.1 ms, less than a thread costs; a hostile one, `{},{},...`, 12 ms, which is as long as the
 * event loop may be held.
 */
const LARGE_BODY_BYTES = 8 * 1024;

export type ImportParser = {
  /** @throws ServiceError that says everything that is wrong with the import */
  parse(bytes: Uint8Array<ArrayBuffer>, today: DateNumber): Promise<ParsedImport>;
  /** Starts the threads, so that the first large import does not wait 0.1 s for them. */
  warmUp(): void;
  close(): Promise<void>;
};

function createPool(workerCount: number): Piscina<ParseTask, ParsedImport | RefusedImport> {
  return new Piscina({
    filename: new URL('./parse_worker.js', import.meta.url).href,
    name: 'parseInWorker',
    // All of them, always: a thread that ends when it is idle takes 0.3 s to come back, which two imports at once paid
    // each time.
    minThreads: workerCount,
    maxThreads: workerCount,
  });
}

/**
 * Parses small imports where it stands and large ones in `workerCount` threads. `bytes` must not be used
 * afterwards. The threads start when they are first needed: a process that ends while threads start may crash.
 */
export function createImportParser(workerCount: number): ImportParser {
  let pool: ReturnType<typeof createPool> | undefined;

  function startedPool(): ReturnType<typeof createPool> {
    pool ??= createPool(workerCount);
    return pool;
  }

  return {
    async parse(bytes, today) {
      const outcome =
        bytes.length < LARGE_BODY_BYTES
          ? parseImport(bytes, today)
          : await startedPool().run({ bytes, today }, { transferList: [bytes.buffer] });
      if ('chunks' in outcome) return outcome;
      const { code, detail, violations, violationCount } = outcome;
      throw new ServiceError(code, detail, code === 'INVALID_INPUT' ? { violations, violationCount } : {});
    },
    warmUp() {
      startedPool();
    },
    async close() {
      await pool?.destroy();
    },
  };
}
