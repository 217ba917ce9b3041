import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createUtf8Check } from '../../../../app/http/bodies/utf8_check.js';
import { runs } from '../../../support/random.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isCodePoint(bytes: Buffer): boolean {
  try {
    return [...decoder.decode(bytes)].length === 1;
  } catch {
    return false;
  }
}

/** The position of the first code point that TextDecoder rejects, found by trying every length; undefined if none. */
function faultIn(bytes: Buffer): number | undefined {
  let at = 0;
  while (at < bytes.length) {
    const length = [1, 2, 3, 4].find((one) => isCodePoint(bytes.subarray(at, at + one)));
    if (length === undefined) return at;
    at += length;
  }
  return undefined;
}

function faultInPieces(bytes: Buffer, places: readonly number[]): number | undefined {
  const check = createUtf8Check();
  const ends = [...places].sort((a, b) => a - b);
  const answers = [...ends, bytes.length].map((end, place) => check.push(bytes.subarray(ends[place - 1] ?? 0, end)));
  answers.push(check.end());
  const known = answers.filter((answer) => answer !== undefined);
  assert.ok(new Set(known).size <= 1, 'once it is wrong it stays so');
  assert.deepEqual(answers.slice(answers.length - known.length), known);
  return known[0];
}

/** Beginnings, ends and malformed forms of code points of every length. */
const shards = fc.constantFrom(
  ...['00', '7f', '80', 'bf', 'c0', 'c1', 'c2', 'c280', 'df', 'e0', 'e080', 'e0a0', 'e0a080', 'ed', 'eda080', 'ed9fbf'],
  ...['ef', 'efbbbf', 'efbfbf', 'f0', 'f080', 'f09f', 'f09f98', 'f09f9880', 'f48fbfbf', 'f490', 'f4908080', 'f5', 'ff'],
);

describe('the check of UTF-8 in pieces', () => {
  it('agrees with TextDecoder about any bytes, wherever they are cut', () => {
    const bytesOfShards = fc
      .array(
        fc.oneof(
          shards,
          fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('hex')),
        ),
      )
      .map((parts) => Buffer.from(parts.join(''), 'hex'));
    const anyBytes = fc.oneof(
      bytesOfShards,
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat(), { maxLength: 8 }), (bytes, cuts) => {
        const places = cuts.map((cut) => cut % (bytes.length + 1));
        assert.equal(faultInPieces(bytes, places), faultIn(bytes), `${bytes.toString('hex')} at ${places}`);
      }),
      runs(2_000),
    );
  });

  it('finds the first fault in a long text, wherever it is', () => {
    const text = Buffer.from('жж😀a€'.repeat(1_000));
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.array(fc.nat(text.length), { maxLength: 3 }),
        shards,
        (at, cuts, shard) => {
          const put = Buffer.from(shard, 'hex');
          const bytes = Buffer.concat([text.subarray(0, at), put, text.subarray(at + put.length)]);
          const fault = faultInPieces(
            bytes,
            cuts.map((cut) => Math.min(cut, bytes.length)),
          );
          assert.equal(fault, faultIn(bytes));
        },
      ),
      runs(50),
    );
  });

  it('agrees with TextDecoder byte by byte, of every code point that is next to an edge', () => {
    for (const edge of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff]) {
      const bytes = Buffer.from(`a${String.fromCodePoint(edge)}b`);
      for (let length = 0; length <= bytes.length; length++) {
        const part = bytes.subarray(0, length);
        const places = Array.from(part, (_, place) => place);
        assert.equal(faultInPieces(part, places), faultIn(part), `${edge.toString(16)} to ${length}`);
      }
    }
  });
});
