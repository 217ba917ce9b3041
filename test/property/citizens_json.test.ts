import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decode } from '../../app/db/msgpack.js';
import type { CitizenTuple } from '../../app/db/procedures.js';
import { makeCitizens } from '../../app/demo/citizens.js';
import { citizensToJson } from '../../app/imports/citizens_json.js';
import { toCitizen } from '../../app/imports/rows.js';
import type { Citizen } from '../../app/imports/schema.js';
import { anyId, anyText, runs } from '../support/random.js';
import { packRows } from '../support/rows.js';

function pack(citizens: readonly Citizen[]): Buffer {
  return Buffer.from(packRows(citizens)[0] as Uint8Array);
}

/** The obvious way: decode, make objects, JSON.stringify. */
function slowJson(rows: Buffer): string {
  const tuples = decode(rows).value as CitizenTuple[];
  return JSON.stringify(tuples.map(toCitizen)).slice(1, -1);
}

const anyCitizen: fc.Arbitrary<Citizen> = fc
  .record({
    seed: fc.integer({ min: 1, max: 500 }),
    texts: fc.array(anyText, { minLength: 4, maxLength: 4 }),
    citizen_id: anyId,
    apartment: anyId,
    relatives: fc.array(anyId, { maxLength: 20 }),
  })
  .map(({ seed, texts, ...numbers }) => {
    const [town, street, building, name] = texts as [string, string, string, string];
    return { ...(makeCitizens(1, 0, seed)[0] as Citizen), ...numbers, town, street, building, name };
  });

describe('the JSON of stored citizens', () => {
  it('is that of JSON.stringify, to the last byte', () => {
    fc.assert(
      fc.property(fc.array(anyCitizen, { maxLength: 20 }), (citizens) => {
        const rows = pack(citizens);
        assert.equal(citizensToJson(rows).toString(), slowJson(rows));
      }),
      runs(300),
    );
  });

  it('is so for each single sign of one byte, and for the longest texts of signs that must be escaped', () => {
    const texts = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    texts.push('\u0000'.repeat(256), '"'.repeat(256), '\\'.repeat(256), '\u2028\u2029\u007f', '😀'.repeat(256));
    const rows = pack(texts.map((name, id) => ({ ...(makeCitizens(1, 0)[0] as Citizen), citizen_id: id, name })));
    assert.equal(citizensToJson(rows).toString(), slowJson(rows));
  });
});
