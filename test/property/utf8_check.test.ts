import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createUtf8Check } from '../../app/imports/utf8_check.js';
import { runs } from '../support/random.js';

/** What TextDecoder says of the whole. */
function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function checkInPieces(bytes: Buffer, places: readonly number[]): boolean {
  const check = createUtf8Check();
  const ends = [...places].sort((a, b) => a - b);
  const answers = [...ends, bytes.length].map((end, place) => check.push(bytes.subarray(ends[place - 1] ?? 0, end)));
  assert.ok(
    answers.every((isGood, place) => !isGood || answers.slice(0, place).every(Boolean)),
    'once it is wrong it stays so',
  );
  return check.end() && answers.every(Boolean);
}

/** Beginnings, ends and wrong forms of code points of every length. */
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
        assert.equal(checkInPieces(bytes, places), isUtf8(bytes), `${bytes.toString('hex')} at ${places}`);
      }),
      runs(2_000),
    );
  });

  it('agrees with TextDecoder byte by byte, of every code point that is next to an edge', () => {
    for (const edge of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff]) {
      const bytes = Buffer.from(`a${String.fromCodePoint(edge)}b`);
      for (let length = 0; length <= bytes.length; length++) {
        const part = bytes.subarray(0, length);
        const places = Array.from(part, (_, place) => place);
        assert.equal(checkInPieces(part, places), isUtf8(part), `${edge.toString(16)} to ${length}`);
      }
    }
  });
});
