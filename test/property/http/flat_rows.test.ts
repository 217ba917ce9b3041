import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import type { RowFormat } from '../../../app/http/answers/row_formats.js';
import { type FlatValue, writeRows, writeRowsInTurns } from '../../../app/http/answers/write_rows.js';
import { runs } from '../../support/random.js';

const COLUMNS = ['town', 'p99.9', 'a "name", quoted'];
const anyValue: fc.Arbitrary<FlatValue> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    ' blank ',
    'comma,',
    '"quote"',
    'line\r\nfeed',
    '\t',
    '=1+1',
    '-1',
    '+',
    '@a',
    '\r',
    '＝1',
    '－',
    'a=1',
  ),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
  fc.integer(),
  fc.constant(null),
);
const anyRows = fc.array(fc.tuple(anyValue, anyValue, anyValue), { maxLength: 30 });

function write(format: RowFormat, rows: readonly (readonly FlatValue[])[], nextCursor?: string | null): string {
  const page = nextCursor === undefined ? {} : { nextCursor };
  return Buffer.concat(writeRows(format, { columns: COLUMNS, rows, ...page })).toString();
}

function toObject(row: readonly FlatValue[]): object {
  return Object.fromEntries(COLUMNS.map((column, place) => [column, row[place]]));
}

describe('flat rows', () => {
  it('are the JSON that JSON.stringify writes', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        assert.equal(write('json', rows), JSON.stringify({ data: rows.map(toObject) }));
      }),
      runs(300),
    );
  });

  it('are a line of JSON each', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        assert.equal(write('ndjson', rows), rows.map((row) => `${JSON.stringify(toObject(row))}\n`).join(''));
      }),
      runs(300),
    );
  });

  it('are CSV that a reader of CSV reads back, no value as an empty field', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const fields = rows.map((row) => row.map((value) => (value === null ? '' : String(value))));
        assert.deepEqual(parse(write('csv', rows), { record_delimiter: '\r\n' }), [COLUMNS, ...fields]);
      }),
      runs(300),
    );
  });

  it('are for a spreadsheet what csv-stringify writes without formulas: numbers below 0 stay numbers', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const known = stringify([COLUMNS, ...rows], {
          record_delimiter: '\r\n',
          quoted_match: /[\t\r\n ]/,
          escape_formulas: true,
        });
        assert.equal(write('spreadsheet', rows), known);
      }),
      runs(300),
    );
    assert.match(
      write('spreadsheet', [['=HYPERLINK("http://x")', -1.5, null]]),
      /^"'=HYPERLINK\(""http:\/\/x""\)",-1\.5,\r$/m,
    );
  });

  it('say of a page how to go on', () => {
    assert.equal(write('json', [], null), '{"data":[],"next_cursor":null}');
    assert.ok(write('json', [['a', 1, null]], 'x').endsWith('],"next_cursor":"x"}'));
  });

  it('have no value where a number is not finite', () => {
    const row = ['a', Number.NaN, Number.POSITIVE_INFINITY];
    assert.equal(write('csv', [row]).split('\r\n')[1], 'a,,');
    assert.deepEqual(JSON.parse(write('ndjson', [row])), toObject(['a', null, null]));
  });

  it('are the same text in pieces when they are many', () => {
    const rows = Array.from({ length: 12_345 }, (_, place) => ['town', place, null]);
    for (const format of ['json', 'ndjson', 'csv', 'spreadsheet'] as const) {
      assert.ok(writeRows(format, { columns: COLUMNS, rows }).length > 1);
    }
    assert.equal(write('json', rows), JSON.stringify({ data: rows.map(toObject) }));
    assert.equal(parse(write('csv', rows)).length, rows.length + 1);
    assert.equal(write('ndjson', rows).split('\n').length, rows.length + 1);
  });

  it('are the same text when others have their turns meanwhile, behind each few thousand values', async () => {
    for (const format of ['json', 'ndjson', 'csv', 'spreadsheet'] as const) {
      for (const count of [0, 1, 12_345]) {
        const items = Array.from({ length: count }, (_, place) => place);
        let turns = 0;
        let made = 0;
        let maxAtOnce = 0;
        const turn = () => {
          turns++;
          maxAtOnce = Math.max(maxAtOnce, made);
          made = 0;
          next = setImmediate(turn);
        };
        let next = setImmediate(turn);
        const pieces = await writeRowsInTurns(format, COLUMNS, items, (place) => {
          made++;
          return ['town', place, null];
        });
        clearImmediate(next);
        const rows = items.map((place) => ['town', place, null]);
        assert.equal(Buffer.concat(pieces).toString(), write(format, rows));
        if (count > 10_000) assert.ok(turns >= 3 && maxAtOnce < 4_000, `${turns} turns, ${maxAtOnce} rows in one`);
      }
    }
  });
});
