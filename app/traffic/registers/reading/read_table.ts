import { createWriter } from '../../../db/wire/msgpack.js';
import { type Cell, createRowReader, hasColumnOf, type RowFault, readHeader } from '../model/rows.js';
import { TABLES, type Table, type TableName } from '../model/tables.js';
import { readCsv } from './csv_rows.js';
import { FileRefusal } from './refusal.js';
import { readWorkbook } from './workbook.js';

/** Rows of one transaction of the database, which takes about 5 ms for them. */
const ROWS_A_PIECE = 500;
/** More faults than this are counted and not listed. */
const MAX_FAULTS = 10_000;

export type TableTask = { table: TableName; filename: string; bytes: Uint8Array<ArrayBuffer> };

/** Rows as MessagePack, with their numbers in the file. */
type RowPiece = { packed: Uint8Array<ArrayBuffer>; rows: Uint32Array<ArrayBuffer> };

export type TableFile = {
  pieces: RowPiece[];
  /** Columns that the table does not have. */
  unknown: readonly string[];
  /** The first of them; `faultCount` is their number. */
  faults: RowFault[];
  faultCount: number;
};

const ZIP = [0x50, 0x4b];
/** Of OLE files: .xls, and workbooks with a password. */
const OLE = [0xd0, 0xcf, 0x11, 0xe0];

function begins(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, place) => bytes[place] === byte);
}

function readCells({ filename, bytes }: TableTask): Promise<Cell[][]> | Cell[][] {
  if (bytes.length === 0) throw new FileRefusal('EMPTY_BODY', 'The file is empty.');
  if (begins(bytes, OLE) || /\.xls[mb]?$/i.test(filename)) {
    throw new FileRefusal(
      'UNSUPPORTED_FILE',
      'Old workbooks (.xls), and those with macros or a password, are not read: save it as .xlsx.',
    );
  }
  return begins(bytes, ZIP) ? readWorkbook(bytes) : readCsv(bytes);
}

function wrongTable({ name, columns }: Table, { filename, bytes }: TableTask): FileRefusal {
  const names = columns.map((column) => column.name).join(', ');
  const kind = !begins(bytes, ZIP) && /\.xlsx$/i.test(filename) ? ' The file is no workbook and was read as CSV.' : '';
  return new FileRefusal(
    'WRONG_TABLE',
    `The first row names no column of ${name} (${names}).${kind} Nothing was stored.`,
  );
}

function createPieces() {
  const pieces: RowPiece[] = [];
  const writer = createWriter(64 * 1024);
  let numbers: number[] = [];
  let rows: (readonly (string | number | null)[])[] = [];
  function cut(): void {
    if (rows.length === 0) return;
    writer.value(rows);
    pieces.push({ packed: writer.take(), rows: Uint32Array.from(numbers) });
    rows = [];
    numbers = [];
  }
  return {
    add(row: number, values: readonly (string | number | null)[]): void {
      rows.push(values);
      numbers.push(row);
      if (rows.length === ROWS_A_PIECE) cut();
    },
    end(): RowPiece[] {
      cut();
      return pieces;
    },
  };
}

/**
 * Reads a file into rows that fit the table, and names the faults of the others. O(cells)
 * @throws FileRefusal
 */
export async function readTable(task: TableTask): Promise<TableFile> {
  const table = TABLES[task.table];
  const cells = await readCells(task);
  if (!hasColumnOf(table, cells[0] ?? [])) throw wrongTable(table, task);
  const header = readHeader(table, cells[0] ?? []);
  if (Array.isArray(header)) return { pieces: [], unknown: [], faults: header, faultCount: header.length };
  const reader = createRowReader(table, header as Exclude<typeof header, RowFault[]>);
  const pieces = createPieces();
  const faults: RowFault[] = [];
  let faultCount = 0;
  for (let at = 1; at < cells.length; at++) {
    const read = reader.read(at + 1, cells[at] as Cell[]);
    if (read === undefined) continue;
    if (!Array.isArray(read)) {
      const { row, values } = read as Exclude<typeof read, RowFault[]>;
      pieces.add(row, values);
      continue;
    }
    faultCount += read.length;
    if (faults.length < MAX_FAULTS) faults.push(...read);
  }
  const { unknown } = header as Exclude<typeof header, RowFault[]>;
  return { pieces: pieces.end(), unknown, faults, faultCount };
}
