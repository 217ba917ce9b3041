import { unzipSync, zipSync } from 'fflate';
import { readSheet } from 'read-excel-file/universal';
import type { Cell } from '../model/rows.js';
import { checkArchive } from './archive.js';
import { FileRefusal } from './refusal.js';

/** Of Excel. A workbook may name any row, and rows before it are made. */
const MAX_ROW = 1_048_576;
const ADDRESS = /\sr\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const SHEET = /^xl\/worksheets\/.*\.xml$/i;
/** A cell of the type `e`, error. */
const FAILED_CELL = /(<(?:\w+:)?c\s(?:[^>]*\s)?t=)(["'])e\2/g;
const NAMED_ROW = /^[A-Z]{0,3}([1-9]\d{0,6})$/;

/**
 * The digits of a number as they are, whatever form Excel gave it: `7.9161234567E10` becomes `79161234567`.
 * Numbers below 2^53 are exact.
 */
function digitsOf(text: string): string {
  if (/^-?\d+(?:\.\d*[1-9])?$/.test(text)) return text;
  const value = Number(text);
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

function toCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return { notText: 'date' };
  if (typeof value === 'boolean') return { notText: 'truth' };
  return String(value);
}

/** @throws FileRefusal for a sheet that names a row or a column that Excel does not have */
function checkAddresses(name: string, xml: string): void {
  for (const [, double, single] of xml.matchAll(ADDRESS)) {
    const row = NAMED_ROW.exec(double ?? single ?? '')?.[1];
    if (row === undefined || Number(row) > MAX_ROW) {
      throw new FileRefusal('MALFORMED_WORKBOOK', `${name} names a cell or row that no sheet has.`);
    }
  }
}

/**
 * Checks the sheets, and makes texts of cells whose formula failed: readSheet takes such a cell for an empty one, and its
 * row would be left out without a word. Returns a ZIP archive for readSheet, which is `bytes` if nothing had to be done.
 */
function prepare(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const sheets = unzipSync(bytes, { filter: ({ name }) => SHEET.test(name) });
  const changed: Record<string, Uint8Array> = {};
  for (const [name, sheet] of Object.entries(sheets)) {
    const xml = Buffer.from(sheet.buffer, sheet.byteOffset, sheet.length).toString('latin1');
    checkAddresses(name, xml);
    const repaired = xml.replaceAll(FAILED_CELL, '$1$2str$2');
    if (repaired !== xml) changed[name] = Buffer.from(repaired, 'latin1');
  }
  if (Object.keys(changed).length === 0) return bytes;
  const parts = unzipSync(bytes, { filter: ({ name }) => /\.(?:xml|rels)$/i.test(name) && !(name in changed) });
  return zipSync({ ...parts, ...changed }, { level: 0 }) as Uint8Array<ArrayBuffer>;
}

/**
 * The rows of the first sheet of the workbook's list; each cell is in the column that its address names.
 * @throws FileRefusal
 */
export async function readWorkbook(bytes: Uint8Array<ArrayBuffer>): Promise<Cell[][]> {
  checkArchive(bytes);
  const prepared = prepare(bytes);
  const whole = prepared.buffer.byteLength === prepared.byteLength ? prepared.buffer : prepared.slice().buffer;
  try {
    const rows = await readSheet(whole, { parseNumber: digitsOf, trim: false });
    return rows.map((row: unknown[]) => row.map(toCell));
  } catch (cause) {
    throw new FileRefusal('MALFORMED_WORKBOOK', `The workbook cannot be read: ${(cause as Error).message}.`);
  }
}
