import { move, transferableSymbol, valueSymbol } from 'piscina';
import writeExcelFile, { type Cell } from 'write-excel-file/node';
import type { FlatValue } from '../../../http/answers/write_rows.js';
import { CONVICTED_COLUMNS, toConvictedRows } from '../convicted_rows.js';

/** Pages of convicted cases as Tarantool sent them. */
export type XlsxTask = { pages: Uint8Array<ArrayBuffer>[] };

/** A text is never a formula, whatever it begins with. */
function toCell(value: FlatValue): Cell {
  if (value === null) return null;
  return typeof value === 'number' ? { type: Number, value } : { type: String, value };
}

/** Runs in a worker thread. The workbook is transferred, not copied. */
export async function writeXlsxInWorker({ pages }: XlsxTask): Promise<unknown> {
  const header = CONVICTED_COLUMNS.map((name): Cell => ({ type: String, value: name, fontWeight: 'bold' }));
  const rows = pages.flatMap((page) => toConvictedRows(Buffer.from(page.buffer, page.byteOffset, page.length)));
  const data = [header, ...rows.map((row) => row.map(toCell))];
  const written: Uint8Array = await writeExcelFile(data, { sheet: 'convicted', stickyRowsCount: 1 }).toBuffer();
  const bytes = new Uint8Array(written);
  return move({ [transferableSymbol]: [bytes.buffer], [valueSymbol]: bytes });
}
