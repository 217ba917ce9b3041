import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { ErrorCode } from '../../../errors.js';
import { readTable, type TableFile, type TableTask } from './read_table.js';
import { FileRefusal } from './refusal.js';

/** A refusal as a value: classes do not survive the way between threads. */
export type TableResult = { file: TableFile } | { refused: { code: ErrorCode; detail: string } };

/** Runs in a worker thread. Rows are transferred, not copied. */
export async function readTableInWorker(task: TableTask): Promise<unknown> {
  try {
    const file = await readTable(task);
    const result: TableResult = { file };
    const buffers = file.pieces.flatMap(({ packed, rows }) => [packed.buffer, rows.buffer]);
    return move({ [transferableSymbol]: buffers, [valueSymbol]: result });
  } catch (reason) {
    if (!(reason instanceof FileRefusal)) throw reason;
    return { refused: { code: reason.code, detail: reason.message } } satisfies TableResult;
  }
}
