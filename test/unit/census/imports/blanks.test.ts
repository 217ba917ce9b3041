import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { skipBlanks, skipRun } from '../../../../app/http/json/json_bytes.js';

/** Lengths around the block size of the comparison, 4 KB, and several times as long. */
const LENGTHS = [0, 1, 4095, 4096, 4097, 4098, 8192, 8193, 20_000];

describe('the search for what is no blank', () => {
  it('ends at the first byte that is none, whatever the blanks before it are', () => {
    for (const length of LENGTHS) {
      for (const piece of [' ', '\n', ' \n', '\r\n', '\t\t\t ']) {
        const blanks = piece.repeat(length).slice(0, length);
        for (const rest of ['', 'x', 'x\n', '\u00a0']) {
          for (const before of ['', 'ab']) {
            const bytes = Buffer.from(before + blanks + rest);
            assert.equal(skipBlanks(bytes, before.length), before.length + length, `${length} of ${piece}, ${rest}`);
          }
        }
      }
    }
  });

  it('finds no end where only blanks of another kind begin', () => {
    const bytes = Buffer.from(`${' '.repeat(5000)}${'\n'.repeat(5000)}x`);
    assert.equal(skipBlanks(bytes, 0), 10_000);
  });
});

describe('the steps over a run', () => {
  it('stay within it, and end less than a step before its end', () => {
    for (const length of LENGTHS.slice(1)) {
      const bytes = Buffer.from(`${'\n'.repeat(length)}x${'\n'.repeat(9000)}`);
      const at = skipRun(bytes, 0);
      assert.ok(at < length && length - at <= 4097, `${at} of ${length}`);
    }
  });
});
