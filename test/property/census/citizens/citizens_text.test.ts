import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import type { CitizenTuple } from '../../../../app/census/citizens/procedures.js';
import { toCitizen } from '../../../../app/census/citizens/rows.js';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { CSV_HEADER, citizensToCsv, citizensToSpreadsheet } from '../../../../app/census/citizens/text/citizens_csv.js';
import { citizensToJson, citizensToNdjson } from '../../../../app/census/citizens/text/citizens_json.js';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { decode } from '../../../../app/db/wire/msgpack.js';
import { packRows } from '../../../support/census/rows.js';
import { anyId, anyText, runs } from '../../../support/random.js';

function pack(citizens: readonly Citizen[]): Buffer {
  return Buffer.from(packRows(citizens)[0] as Uint8Array);
}

/** The obvious implementation: decode, build objects, JSON.stringify, with a comma before each. */
function slowJson(rows: Buffer): string {
  const tuples = decode(rows).value as CitizenTuple[];
  return tuples.map((tuple) => `,${JSON.stringify(toCitizen(tuple))}`).join('');
}

/** Parses the CSV with an independent library. */
function readCsv(rows: Buffer): unknown[] {
  const lines = Buffer.concat([Buffer.from(CSV_HEADER), citizensToCsv(rows)]);
  return parse(lines, { columns: true, record_delimiter: '\r\n' }).map((row: unknown) => {
    const { citizen_id, apartment, relatives, ...texts } = row as Record<string, string>;
    return {
      ...texts,
      citizen_id: Number(citizen_id),
      apartment: Number(apartment),
      relatives: relatives === '' ? [] : (relatives as string).split(';').map(Number),
    };
  });
}

/** Each field unchanged, or with formulas escaped. */
function slowCsv(citizens: readonly Citizen[], escapeFormulas: boolean): string {
  const rows = citizens.map(({ relatives, ...fields }) => [...Object.values(fields), relatives.join(';')]);
  return stringify(rows, { record_delimiter: '\r\n', quoted_match: /[\t\r\n ]/, escape_formulas: escapeFormulas });
}

/** Texts that begin like formulas, and some that nearly do: the last ones are U+FF0A, and two of its three bytes. */
const FORMULAS = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(1)',
  '\t=1',
  '\r=1',
  '=',
  '＝1',
  '＋',
  '－1',
  '＠',
  "'=1",
  'a=1',
  '＊',
  'ￋ',
  '\u00ef',
];

const anyCitizen: fc.Arbitrary<Citizen> = fc
  .record({
    seed: fc.integer({ min: 1, max: 500 }),
    texts: fc.array(fc.oneof(anyText, fc.constantFrom(...FORMULAS)), { minLength: 4, maxLength: 4 }),
    citizen_id: anyId,
    apartment: anyId,
    relatives: fc.array(anyId, { maxLength: 20 }),
  })
  .map(({ seed, texts, ...numbers }) => {
    const [town, street, building, name] = texts as [string, string, string, string];
    return { ...(makeCitizens(1, 0, seed)[0] as Citizen), ...numbers, town, street, building, name };
  });
const anyCitizens = fc.array(anyCitizen, { maxLength: 20 });

/** Each one-byte character at each position of a word, alone and among others, and the longest texts to escape. */
function edgeCitizens(): Citizen[] {
  const signs = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  const texts = signs.flatMap((sign) => [sign, `a${sign}`, `ab${sign}c`, `abc${sign}`, `abcd${sign}efgh`, `ы${sign}ы`]);
  texts.push('\u0000'.repeat(256), '"'.repeat(256), '\\'.repeat(256), '\u2028\u2029\u007f', '😀'.repeat(256));
  return texts.map((name, id) => ({ ...(makeCitizens(1, 0)[0] as Citizen), citizen_id: id, name, town: name }));
}

describe('the CSV of stored citizens', () => {
  it('is that of csv-stringify, and for a spreadsheet too', () => {
    fc.assert(
      fc.property(anyCitizens, (citizens) => {
        const rows = pack(citizens);
        assert.equal(citizensToCsv(rows).toString(), slowCsv(citizens, false));
        assert.equal(citizensToSpreadsheet(rows).toString(), slowCsv(citizens, true));
      }),
      runs(300),
    );
    const edges = [...edgeCitizens(), ...FORMULAS.map((name) => ({ ...(makeCitizens(1, 0)[0] as Citizen), name }))];
    assert.equal(citizensToSpreadsheet(pack(edges)).toString(), slowCsv(edges, true));
  });
});

describe('the JSON of stored citizens', () => {
  it('is that of JSON.stringify, to the last byte', () => {
    fc.assert(
      fc.property(anyCitizens, (citizens) => {
        const rows = pack(citizens);
        assert.equal(citizensToJson(rows).toString(), slowJson(rows));
        assert.equal(citizensToJson(rows, { isPlain: false }).toString(), slowJson(rows));
      }),
      runs(300),
    );
  });

  it('is so for each single sign of one byte, and for the longest texts of signs that must be escaped', () => {
    const rows = pack(edgeCitizens());
    assert.equal(citizensToJson(rows).toString(), slowJson(rows));
    assert.equal(citizensToJson(rows, { isPlain: false }).toString(), slowJson(rows));
  });

  it('is so for rows that end anywhere in a slice of WebAssembly, or do not fit into one', () => {
    const relatives = (count: number) => Array.from({ length: count }, (_, id) => id * 7919);
    const long = '\u0001'.repeat(256);
    const citizens = makeCitizens(900, 300, 3).map((one, place) => {
      if (place === 400) return { ...one, relatives: relatives(70_000) };
      if (place === 500) return { ...one, relatives: relatives(20_000) };
      return place % 50 === 0 ? { ...one, town: long, street: long, building: long, name: long } : one;
    });
    const rows = pack(citizens);
    assert.equal(citizensToJson(rows).toString(), slowJson(rows));
    assert.equal(citizensToNdjson(rows).toString(), citizensToNdjson(rows, { isPlain: false }).toString());
  });

  it('is the same a citizen a line', () => {
    fc.assert(
      fc.property(anyCitizens, (citizens) => {
        const rows = pack(citizens);
        const lines = citizensToNdjson(rows).toString();
        assert.equal(lines, citizens.map((one) => `${JSON.stringify(toJsonOrder(one))}\n`).join(''));
      }),
      runs(100),
    );
  });

  it('does not grow beyond what the rows say, wherever in a larger buffer they stand', () => {
    const rows = pack(edgeCitizens());
    const larger = Buffer.concat([Buffer.from('"\\"'), rows, Buffer.from('\\"\\')]);
    assert.equal(citizensToJson(larger.subarray(3, 3 + rows.length)).toString(), slowJson(rows));
  });
});

/** The fields in the order of the schema. */
function toJsonOrder({ citizen_id, town, street, building, apartment, ...rest }: Citizen): Citizen {
  const { name, birth_date, gender, relatives } = rest;
  return { citizen_id, town, street, building, apartment, name, birth_date, gender, relatives };
}

describe('the CSV of stored citizens', () => {
  it('is read back by another program as it was', () => {
    fc.assert(
      fc.property(anyCitizens, (citizens) => {
        assert.deepEqual(readCsv(pack(citizens)), citizens);
      }),
      runs(300),
    );
  });

  it('is so for each single sign of one byte, and puts only those in quotes that need it', () => {
    const citizens = edgeCitizens();
    assert.deepEqual(readCsv(pack(citizens)), citizens);
    const plain = { ...(makeCitizens(1, 0)[0] as Citizen), town: 'Москва', name: 'а,"б"', relatives: [1, 2, 3] };
    const line = citizensToCsv(pack([plain])).toString();
    assert.ok(line.startsWith(`${plain.citizen_id},Москва,`), line);
    assert.ok(line.includes(',"а,""б""",') && line.endsWith(',1;2;3\r\n'), line);
  });
});
