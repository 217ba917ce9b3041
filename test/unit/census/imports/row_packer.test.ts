import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { createRowPacker, noRows } from '../../../../app/census/imports/intake/row_packer.js';
import { decode } from '../../../../app/db/wire/msgpack.js';

type Chunk = Uint8Array<ArrayBuffer>;

function pack(count: number, nameLength = 10): { chunks: Chunk[]; last: Chunk | undefined } {
  const chunks: Chunk[] = [];
  const packer = createRowPacker((rows) => chunks.push(rows));
  for (const citizen of makeCitizens(count, 0)) packer.add({ ...citizen, name: 'Я'.repeat(nameLength) });
  return { chunks, last: packer.finish() };
}

function rowsOf(chunk: Chunk): unknown[][] {
  const { value, end } = decode(Buffer.from(chunk));
  assert.equal(end, chunk.length);
  return value as unknown[][];
}

describe('chunks of rows', () => {
  it('have 1,000 rows, and 3,000 from the second on, so that the database starts early and writes its log in large pieces', () => {
    const { chunks, last } = pack(9_500);
    assert.deepEqual(
      [...chunks, last as Chunk].map((chunk) => rowsOf(chunk).length),
      [1_000, 3_000, 3_000, 2_500],
    );
  });

  it('hold each citizen once, in order', () => {
    const { chunks, last } = pack(4_321);
    const ids = [...chunks, last as Chunk].flatMap((chunk) => rowsOf(chunk).map((row) => row[1]));
    assert.deepEqual(
      ids,
      makeCitizens(4_321, 0).map(({ citizen_id }) => citizen_id),
    );
  });

  it('end at 512 KB, and a row more at most', () => {
    const { chunks } = pack(3_000, 256);
    assert.ok(chunks.length > 1);
    for (const chunk of chunks) assert.ok(chunk.length >= 512 * 1024 && chunk.length < 513 * 1024);
  });

  it('have memory of their own with little room left, which they are charged for', () => {
    const { chunks } = pack(10_000);
    for (const { buffer, byteOffset, length } of chunks.slice(1)) {
      assert.equal(byteOffset, 0);
      assert.ok(buffer.byteLength <= length * 1.25);
    }
    assert.equal(new Set(chunks.map(({ buffer }) => buffer)).size, chunks.length);
  });

  it('are one without rows for an import without citizens', () => {
    const { chunks, last } = pack(0);
    assert.deepEqual(chunks, []);
    assert.deepEqual(rowsOf(last as Chunk), []);
    assert.deepEqual(rowsOf(noRows()), []);
  });
});
