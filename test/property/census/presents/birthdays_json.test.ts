import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createBirthdaysJson } from '../../../../app/census/presents/birthdays_json.js';
import { ByteString } from '../../../../app/db/wire/byte_parts.js';
import { createWriter } from '../../../../app/db/wire/msgpack.js';
import { anyId, runs } from '../../../support/random.js';

type Entry = { citizen_id: number; presents: number };
type Block = { month: number; entries: readonly Entry[] };

const anyCount = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 2 ** 32 - 1 }));
const anyBlock = fc.record({
  month: fc.integer({ min: 1, max: 12 }),
  entries: fc.array(fc.record({ citizen_id: anyId, presents: anyCount }), { minLength: 1, maxLength: 300 }),
});
/** Blocks in the order of their months, in pages that may begin within a month; a page may be empty. */
const anyPages = fc
  .tuple(fc.array(anyBlock, { maxLength: 30 }), fc.array(fc.nat(30), { maxLength: 4 }))
  .map(([blocks, cuts]) => {
    const sorted = [...blocks].sort((a, b) => a.month - b.month);
    const ends = [...cuts.sort((a, b) => a - b), sorted.length];
    return ends.map((end, place) => sorted.slice(place === 0 ? 0 : ends[place - 1], end));
  });

function packEntries(entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.map(({ citizen_id, presents }) => {
      const bytes = Buffer.alloc(12);
      bytes.writeDoubleLE(citizen_id);
      bytes.writeUInt32LE(presents, 8);
      return bytes;
    }),
  );
}

/** Tuples of `presents`, as a reply carries them. `bucket`: the last field on a storage; empty on a single node. */
function packPage(blocks: readonly Block[], bucket: readonly number[]): Buffer {
  const writer = createWriter();
  writer.value(
    blocks.map(({ month, entries }) => {
      const total = entries.reduce((sum, { presents }) => sum + presents, 0);
      return [1, month, entries[0]?.citizen_id ?? 0, total, new ByteString(packEntries(entries)), ...bucket];
    }),
  );
  return Buffer.concat(writer.takeParts());
}

describe('the JSON of birthdays', () => {
  it('is what JSON.stringify makes of the same entries, however they are cut into blocks and pages, with or without buckets', () => {
    const anyBucket = fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 1 });
    fc.assert(
      fc.property(anyPages, anyBucket, (pages, bucket) => {
        const json = createBirthdaysJson();
        const pieces = pages.map((blocks) => json.add(packPage(blocks, bucket)));
        const text = Buffer.concat([...pieces, json.finish()]).toString();
        const months = Array.from({ length: 12 }, (_, place): [number, Entry[]] => [
          place + 1,
          pages.flat().flatMap(({ month, entries }) => (month === place + 1 ? entries : [])),
        ]);
        assert.equal(text, JSON.stringify(Object.fromEntries(months)));
      }),
      runs(300),
    );
  });
});
