import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode as libraryDecode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { parseBirthDate } from '../../../../app/calendar.js';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { createRandom, makeCitizens } from '../../../../app/census/demo/citizens.js';
import { createTownNumbers } from '../../../../app/census/imports/across_records/town_numbers.js';
import { parseBody } from '../../../support/census/parse.js';
import { anyText, runs } from '../../../support/random.js';

const MAX_ENTRIES = 128;
const TOWNS = ['Москва', 'москва', 'Б', 'Й', 'И\u0306', 'Т\u0000', 'ж'.repeat(256), '😀й'];

type Block = [importId: number, group: Uint8Array | number, first: number, total: number, entries: Uint8Array];

/** `group key` -> count, from all blocks, read by another library. Checks the layout of bytes/packed_counts.lua. */
function readBlocks(blocks: readonly Block[], hasDoubles: boolean): Map<string, number> {
  const counts = new Map<string, number>();
  const leastOfGroup = new Map<string, number>();
  for (const [importId, packedGroup, first, total, bytes] of blocks) {
    const group = typeof packedGroup === 'number' ? String(packedGroup) : Buffer.from(packedGroup).toString();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const entryBytes = hasDoubles ? 12 : 8;
    let least = leastOfGroup.get(group);
    if (least === undefined) assert.equal(first, 0);
    else assert.ok(first >= least);
    least = first;
    let sum = 0;
    for (let at = 0; at < bytes.length; at += entryBytes) {
      const key = hasDoubles ? view.getFloat64(at, true) : view.getUint32(at, true);
      const count = view.getUint32(at + entryBytes - 4, true);
      assert.ok(key >= least && count > 0);
      least = key + 1;
      sum += count;
      counts.set(`${group} ${key}`, count);
    }
    leastOfGroup.set(group, least);
    assert.equal(importId, 0);
    assert.equal(total, sum);
    assert.ok(bytes.length > 0 && bytes.length <= MAX_ENTRIES * entryBytes);
  }
  return counts;
}

function readCounts(packed: readonly Uint8Array[]) {
  const pieces = packed.map((piece) => libraryDecode(piece, { rawStrings: true }) as [Block[], Block[]]);
  return {
    births: readBlocks(
      pieces.flatMap(([births]) => births),
      false,
    ),
    presents: readBlocks(
      pieces.flatMap(([, presents]) => presents),
      true,
    ),
  };
}

/** The same by a naive implementation. */
function modelCounts(citizens: readonly Citizen[]) {
  const births = new Map<string, number>();
  const presents = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  const monthOf = new Map(citizens.map((one) => [one.citizen_id, Number(one.birth_date.slice(3, 5))]));
  for (const { citizen_id, town, birth_date, gender, relatives } of citizens) {
    const key = 2 * (parseBirthDate(birth_date) as number) + (gender === 'female' ? 1 : 0);
    count(births, `${town} ${key}`);
    count(births, ` ${key}`);
    for (const relative of relatives) count(presents, `${monthOf.get(relative)} ${citizen_id}`);
  }
  return { births, presents };
}

const anyImport = fc
  .record({
    size: fc.oneof(fc.nat(20), fc.integer({ min: 900, max: 1100 }), fc.integer({ min: 1990, max: 4000 })),
    towns: fc.constantFrom(1, 2, 8, 3000),
    seed: fc.nat(),
    firstId: fc.constantFrom(0, 1, 10 ** 14 - 20, 2 ** 53 - 5000),
  })
  .map(({ size, towns, seed, firstId }) => {
    const random = createRandom(seed);
    const townAt = (place: number) => TOWNS[place] ?? `Т${place}`;
    const citizens = makeCitizens(size, size > 1 ? size : 0, seed).map((one) => ({
      ...one,
      citizen_id: firstId + one.citizen_id,
      relatives: one.relatives.map((id) => firstId + id),
      town: townAt(Math.floor(random() * towns)),
    }));
    return citizens.sort(() => random() - 0.5);
  });

describe('what is counted of an import', () => {
  it('is what its citizens say, whichever way they are read', async () => {
    await fc.assert(
      fc.asyncProperty(anyImport, fc.boolean(), async (citizens, readsQuickly) => {
        const outcome = await parseBody(Buffer.from(JSON.stringify({ citizens })), { readsQuickly });
        assert.ok('counts' in outcome, JSON.stringify(outcome));
        assert.deepEqual(readCounts(outcome.counts), modelCounts(citizens));
        for (const piece of outcome.counts) assert.equal(piece.byteLength, piece.buffer.byteLength);
      }),
      runs(40),
    );
  });

  it('goes along with the last rows: an import of one chunk has all in it', async () => {
    const body = Buffer.from(JSON.stringify({ citizens: makeCitizens(900, 300) }));
    const outcome = await parseBody(body);
    assert.ok('counts' in outcome);
    assert.deepEqual([outcome.chunks.length, outcome.counts.length], [1, 1]);
  });

  it('is nothing for an import without citizens, and not handed out by a dry run', async () => {
    const empty = await parseBody(Buffer.from('{"citizens":[]}'));
    assert.ok('counts' in empty);
    assert.deepEqual([empty.chunks.length, empty.counts.length], [1, 0]);
    const checked = await parseBody(Buffer.from(JSON.stringify({ citizens: makeCitizens(3, 1) })), {
      storesRows: false,
    });
    assert.ok('counts' in checked);
    assert.deepEqual([checked.chunks.length, checked.counts.length], [0, 0]);
  });
});

describe('numbers of towns', () => {
  it('are those of a Map, in order of the first time', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyText, fc.constantFrom(...TOWNS, '')), { maxLength: 200 }), (names) => {
        const towns = createTownNumbers();
        const expected = new Map<string, number>();
        for (const name of names) {
          // Bytes within a larger buffer, as they arrive in practice.
          const bytes = Buffer.from(`"${name}"`);
          const number = towns.take(bytes, 1, bytes.length - 1);
          const known = Buffer.from(name).toString();
          if (!expected.has(known)) expected.set(known, expected.size);
          assert.equal(number, expected.get(known));
        }
        assert.equal(towns.count(), expected.size);
        for (const [name, number] of expected) assert.equal(Buffer.from(towns.nameOf(number)).toString(), name);
      }),
      runs(200),
    );
  });

  it('are still those of a Map for 100,000 towns', () => {
    const towns = createTownNumbers();
    const numberOf = (place: number) => {
      const bytes = Buffer.from(`Т${place}`);
      return towns.take(bytes, 0, bytes.length);
    };
    for (let place = 0; place < 100_000; place++) assert.equal(numberOf(place), place);
    for (let place = 0; place < 100_000; place += 7) assert.equal(numberOf(place), place);
    assert.equal(towns.count(), 100_000);
  });
});
