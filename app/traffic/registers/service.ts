import type { ConvictedPlace } from './convicted_rows.js';
import type { RowFault } from './model/rows.js';
import type { TableName } from './model/tables.js';
import type { TableReader } from './reading/table_reader.js';
import type { ConvictedPage, DecisionTime, Owner, RegistersRepository, Violation } from './repository.js';

export type { Owner, Violation } from './repository.js';

export type UploadedFile = { table: TableName; filename: string; bytes: Uint8Array<ArrayBuffer> };

/**
 * `updated`: keys. `invalid`: columns that the table does not have. `errors`: the first 10,000; `errorCount`: of all, where
 * there are more.
 */
export type UploadOutcome = {
  added: number;
  updated: string[];
  invalid: readonly string[];
  errors: RowFault[];
  errorCount?: number;
};

export type RegistersService = {
  /**
   * Reads a file and stores its rows in pieces: those that have no fault, each added or updated. The same file again
   * leaves the same rows, so an upload that failed halfway is sent again. O(rows * log n)
   * @throws ServiceError as TableReader.read, and of the database
   */
  upload(file: UploadedFile, isDryRun: boolean): Promise<UploadOutcome>;
  /** @throws ServiceError OWNER_NOT_FOUND */
  owner(carNumber: string): Promise<Owner>;
  violations(after: string | undefined, limit: number): Promise<{ violations: Violation[]; next: string | null }>;
  convicted(time: DecisionTime, after: ConvictedPlace | null, limit: number): Promise<ConvictedPage>;
  /** All pages, the first of which is read at once. */
  allConvicted(time: DecisionTime): Promise<AsyncGenerator<Buffer, void>>;
};

/** As tarantool/traffic/registers/convicted.lua allows. */
const PAGE_ROWS = 500;

export function createRegistersService(repository: RegistersRepository, reader: TableReader): RegistersService {
  return {
    async upload({ table, filename, bytes }, isDryRun) {
      const { pieces, unknown, faults, faultCount } = await reader.read({ table, filename, bytes });
      const outcome: UploadOutcome = {
        added: 0,
        updated: [],
        invalid: unknown,
        errors: faults,
        ...(faultCount > faults.length && { errorCount: faultCount }),
      };
      for (const { packed, rows } of pieces) {
        const { added, updated, incomplete } = await repository.put(table, packed, isDryRun);
        outcome.added += added;
        outcome.updated.push(...updated);
        for (const place of incomplete) {
          const row = rows[place] as number;
          outcome.errors.push({ row, column: 'fine', code: 'REQUIRED', detail: 'a new violation needs a fine' });
          if (outcome.errorCount !== undefined) outcome.errorCount++;
        }
      }
      outcome.errors.sort((a, b) => a.row - b.row);
      return outcome;
    },

    owner: repository.owner,
    violations: repository.violations,
    convicted: repository.convicted,

    async allConvicted(time) {
      const first = await repository.convicted(time, null, PAGE_ROWS);
      async function* pages(): AsyncGenerator<Buffer, void> {
        let page = first;
        yield page.packed;
        while (page.next !== null) {
          page = await repository.convicted(time, page.next, PAGE_ROWS);
          yield page.packed;
        }
      }
      return pages();
    },
  };
}
