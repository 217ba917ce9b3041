import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createViolationReport } from '../../../../app/census/imports/intake/violation_report.js';

const MIB = 1024 * 1024;

function linesOf(pieces: readonly Uint8Array[]): unknown[] {
  const text = Buffer.concat(pieces).toString();
  assert.ok(text === '' || text.endsWith('\n'));
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe('the report of violations', () => {
  it('has a line for each in their order, with what is known of it and nothing else', () => {
    const report = createViolationReport();
    const first = { line: 2, byteOffset: 17, pointer: '/citizens/0/town', code: 'TOO_SHORT', detail: 'is "\n" short' };
    const second = { pointer: '/citizens/1', code: 'ONE_SIDED_RELATIVE', detail: 'я', peer: '/citizens/0' };
    report.add(first);
    report.add(second);
    assert.deepEqual(linesOf(report.finish()), [first, second]);
  });

  it('is empty when nothing was wrong', () => {
    assert.deepEqual(createViolationReport().finish(), []);
  });

  it('is in pieces of memory of their own, none large, and loses no line between two', () => {
    const report = createViolationReport();
    for (let byteOffset = 0; byteOffset < 5_000; byteOffset++)
      report.add({ byteOffset, pointer: '', code: 'X', detail: 'я' });
    const pieces = report.finish();
    assert.ok(pieces.length > 3);
    for (const piece of pieces) {
      assert.equal(piece.byteLength, piece.buffer.byteLength, 'it may be handed to another thread');
      assert.ok(piece.byteLength < 80 * 1024);
    }
    assert.deepEqual(
      linesOf(pieces).map((line) => (line as { byteOffset: number }).byteOffset),
      Array.from({ length: 5_000 }, (_, place) => place),
    );
  });

  it('ends at 16 MiB: what comes then is not kept', () => {
    const report = createViolationReport();
    const detail = 'x'.repeat(1_000);
    for (let count = 0; count < 20_000; count++) report.add({ pointer: '', code: 'X', detail });
    const pieces = report.finish();
    const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    assert.ok(bytes >= 16 * MIB && bytes < 16 * MIB + 2_000, `${bytes} bytes`);
    assert.equal(
      linesOf(pieces).length,
      Math.ceil((16 * MIB) / (JSON.stringify({ pointer: '', code: 'X', detail }).length + 1)),
    );
  });
});
