import { Piscina } from 'piscina';
import type { DateNumber } from '../calendar.js';
import { ServiceError } from '../errors.js';
import { type ParsedImport, parseImport, type RefusedImport } from './parse.js';
import type { ParseTask } from './parse_worker.js';

/** A body of 64 KB is parsed, checked and packed in about 1 ms: below that a thread costs more than it saves. */
const LARGE_BODY_BYTES = 64 * 1024;

export type ImportParser = {
  /** @throws ServiceError that says everything that is wrong with the import */
  parse(bytes: Uint8Array<ArrayBuffer>, today: DateNumber): Promise<ParsedImport>;
  close(): Promise<void>;
};

/** Parses small imports where it stands and large ones in `workerCount` threads. `bytes` must not be used afterwards. */
export function createImportParser(workerCount: number): ImportParser {
  const pool = new Piscina<ParseTask, ParsedImport | RefusedImport>({
    filename: new URL('./parse_worker.js', import.meta.url).href,
    name: 'parseInWorker',
    minThreads: 1,
    maxThreads: workerCount,
  });

  return {
    async parse(bytes, today) {
      const outcome =
        bytes.length < LARGE_BODY_BYTES
          ? parseImport(bytes, today)
          : await pool.run({ bytes, today }, { transferList: [bytes.buffer] });
      if ('chunks' in outcome) return outcome;
      const { code, detail, violations, violationCount } = outcome;
      throw new ServiceError(code, detail, code === 'INVALID_INPUT' ? { violations, violationCount } : {});
    },
    close: () => pool.destroy(),
  };
}
