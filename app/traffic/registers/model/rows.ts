import type { CellFault, CellValue, Column, Table } from './tables.js';

/** A cell as a reader found it: a text, the digits of a number, or what no table has. */
export type Cell = string | null | { notText: 'date' | 'truth' };

/** `row` is the number that Excel shows, from 1. */
export type RowFault = CellFault & { row: number; column: string };

type ReadRow = { row: number; values: readonly CellValue[] };

/** The header of a file. `places[i]`: where the table's column i is; -1 where the file does not have it. */
type Header = { places: readonly number[]; unknown: readonly string[] };

/** What Excel writes where a formula fails. */
const FAILED_FORMULA = /^#(?:NULL!|DIV\/0!|VALUE!|REF!|NAME\?|NUM!|N\/A|SPILL!|CALC!|GETTING_DATA)$/;

function headerText(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell.trim() : '';
}

/** Whether the first row names a column of the table. */
export function hasColumnOf(table: Table, cells: readonly Cell[]): boolean {
  const names = new Set(cells.map((cell) => headerText(cell).toLowerCase()));
  return table.columns.some(({ name }) => names.has(name));
}

/**
 * Reads the first row. Columns are found by their names, in any order and in capitals or not.
 * Returns faults where the key is missing or a column is there twice.
 */
export function readHeader(table: Table, cells: readonly Cell[]): Header | RowFault[] {
  const names = cells.map(headerText);
  const known = names.map((name) => name.toLowerCase());
  const places = table.columns.map(({ name }) => known.indexOf(name));
  const [key] = table.columns;
  const faults: RowFault[] = table.columns
    .filter(({ name }) => known.indexOf(name) !== known.lastIndexOf(name))
    .map(({ name }) => ({ row: 1, column: name, code: 'NOT_ALLOWED', detail: 'the header has this column twice' }));
  if (places[0] === -1) {
    faults.push({ row: 1, column: key.name, code: 'REQUIRED', detail: 'the header must have this column' });
  }
  if (faults.length > 0) return faults;
  const unknown = names.filter((name, place) => name !== '' && !places.includes(place));
  return { places, unknown: [...new Set(unknown)] };
}

function readCell(column: Column, isKey: boolean, cell: Cell | undefined): { value: CellValue } | CellFault {
  if (typeof cell === 'object' && cell !== null) {
    const what = cell.notText === 'date' ? 'a date' : 'true or false';
    return { code: 'WRONG_TYPE', detail: `must be a text or a number, not ${what}` };
  }
  const text = (cell ?? '').trim();
  if (text === '') return isKey ? { code: 'REQUIRED', detail: 'is required' } : { value: null };
  if (FAILED_FORMULA.test(text)) return { code: 'WRONG_TYPE', detail: `the formula of the cell failed: ${text}` };
  return column.read(text);
}

type RowReader = {
  /** The values of a row in the order of the table's columns, its faults, or undefined for an empty row. */
  read(row: number, cells: readonly Cell[]): ReadRow | RowFault[] | undefined;
};

/** Reads the rows after the header; a key that was in an earlier row is a fault. */
export function createRowReader(table: Table, { places }: Header): RowReader {
  const rowOfKey = new Map<CellValue, number>();
  const [keyColumn] = table.columns;
  return {
    read(row, cells) {
      if (cells.every((cell) => cell === null || cell === '' || (typeof cell === 'string' && cell.trim() === ''))) {
        return undefined;
      }
      const faults: RowFault[] = [];
      const values = table.columns.map((column, at) => {
        const place = places[at] as number;
        const found = place === -1 ? { value: null } : readCell(column, at === 0, cells[place]);
        if ('value' in found) return found.value;
        faults.push({ row, column: column.name, ...found });
        return null;
      });
      const key = values[0] as CellValue;
      const earlier = key === null ? undefined : rowOfKey.get(key);
      if (earlier !== undefined) {
        faults.push({ row, column: keyColumn.name, code: 'NOT_ALLOWED', detail: `row ${earlier} has the same` });
      } else if (key !== null) {
        rowOfKey.set(key, row);
      }
      return faults.length > 0 ? faults : { row, values };
    },
  };
}
