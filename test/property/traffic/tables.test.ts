import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { decode } from '../../../app/db/wire/msgpack.js';
import { readTable, type TableFile } from '../../../app/traffic/registers/reading/read_table.js';
import { runs } from '../../support/random.js';
import { textRow, workbookOf } from '../../support/traffic/workbooks.js';

const { numRuns } = runs(100, 3_000);

const letters = fc.constantFrom(...'AZaя7 .-@;,"');
const text = fc.array(letters, { maxLength: 6 }).map((each) => each.join(''));
const carNumber = fc.constantFrom('1ABC2377', '2ABC2377', '3ABC2377', '', ' ');
const email = fc.constantFrom('a@b.c', '', 'none', ' x@y ', '@');
const row = fc.tuple(carNumber, email, text);

type Row = [string, string, string];

/** What becomes of the rows, found by going over them once for each. */
function expected(rows: readonly Row[]): { stored: unknown[]; faults: string[] } {
  const stored: unknown[] = [];
  const faults: string[] = [];
  rows.forEach((cells, at) => {
    const [car, mail, tg] = cells.map((cell) => cell.trim()) as Row;
    if (car === '' && mail === '' && tg === '') return;
    const mine: string[] = [];
    if (mail !== '' && !/^[^\s@]+@[^\s@]+$/.test(mail)) mine.push(`${at + 2} email`);
    const isTwice = rows.slice(0, at).some(([earlier]) => earlier.trim() === car);
    if (car === '' || isTwice) mine.push(`${at + 2} car_number`);
    faults.push(...mine.sort());
    if (mine.length === 0) stored.push([at + 2, car, null, mail === '' ? null : mail, tg === '' ? null : tg, null]);
  });
  return { stored, faults };
}

function found({ pieces, faults }: TableFile): { stored: unknown[]; faults: string[] } {
  return {
    stored: pieces.flatMap(({ packed, rows }) =>
      (decode(Buffer.from(packed)).value as unknown[][]).map((values, at) => [rows[at], ...values]),
    ),
    faults: faults.map(({ row: number, column }) => `${number} ${column}`).sort(byRow),
  };
}

function byRow(one: string, other: string): number {
  return Number.parseInt(one, 10) - Number.parseInt(other, 10) || (one < other ? -1 : 1);
}

describe('a table', () => {
  it('gives the same rows and faults as CSV with either separator and as a workbook', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
        const header = ['car_number', 'email', 'tg'];
        const read = async (filename: string, bytes: Buffer) =>
          found(await readTable({ table: 'car_owners', filename, bytes: new Uint8Array(bytes) }));
        const wanted = expected(rows);
        for (const delimiter of [',', ';']) {
          const csv = stringify([header, ...rows], { delimiter });
          assert.deepEqual(await read('a.csv', Buffer.from(csv)), wanted, csv);
        }
        const sheet = workbookOf(textRow(1, header), ...rows.map((cells, at) => textRow(at + 2, cells)));
        assert.deepEqual(await read('a.xlsx', sheet), wanted, JSON.stringify(rows));
      }),
      { numRuns },
    );
  });
});
