import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode as libraryDecode, encode as libraryEncode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { ByteParts } from '../../../app/db/wire/byte_parts.js';
import {
  ByteString,
  createWriter,
  decode,
  decodeStringBytes,
  MsgpackError,
  type MsgpackInput,
  type MsgpackValue,
} from '../../../app/db/wire/msgpack.js';
import { anyId, anyText, runs } from '../../support/random.js';

function encode(value: MsgpackInput, initialBytes?: number): Buffer {
  const writer = createWriter(initialBytes);
  writer.value(value);
  return writer.take();
}

/** Converts maps with text keys to objects without a prototype, for comparison with the library. */
function plain(value: MsgpackValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, held]) => [String(key), plain(held)]));
  return value;
}

const anyInteger = fc.oneof(
  anyId,
  anyId.map((id) => (id === 0 ? 0 : -id)),
);

const { value: anyValue } = fc.letrec<{ value: MsgpackInput }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<MsgpackInput>(null, true, false),
    anyInteger,
    fc.double(),
    anyText,
    fc.array(tie('value'), { maxLength: 40 }),
    fc.dictionary(
      anyText.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 40 },
    ),
  ),
}));

describe('MessagePack', () => {
  it('is what another library writes, byte for byte', () => {
    fc.assert(
      fc.property(anyValue, fc.integer({ min: 1, max: 64 }), (value, initialBytes) => {
        assert.deepEqual(encode(value, initialBytes), Buffer.from(libraryEncode(value)));
      }),
      runs(300),
    );
  });

  it('is read as another library reads it', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = Buffer.from(libraryEncode(value));
        const { value: read, end } = decode(bytes);
        assert.equal(end, bytes.length);
        assert.deepEqual(plain(read), libraryDecode(bytes));
      }),
      runs(300),
    );
  });

  it('keeps every integer up to 2^53-1 in the fewest bytes, on both sides of 0', () => {
    const positive: [most: number, bytes: number][] = [
      [0x7f, 1],
      [0xff, 2],
      [0xffff, 3],
      [0xffff_ffff, 5],
      [Number.MAX_SAFE_INTEGER, 9],
    ];
    const negative: [least: number, bytes: number][] = [
      [-0x20, 1],
      [-0x80, 2],
      [-0x8000, 3],
      [-0x8000_0000, 5],
      [Number.MIN_SAFE_INTEGER, 9],
    ];
    const fewest = (integer: number) =>
      integer < 0 ? negative.find(([least]) => integer >= least)?.[1] : positive.find(([most]) => integer <= most)?.[1];
    fc.assert(
      fc.property(anyInteger, (integer) => {
        const bytes = encode(integer);
        assert.equal(bytes.length, fewest(integer));
        assert.equal(decode(bytes).value, integer);
      }),
      runs(2000),
    );
  });

  it('keeps integers at every edge of a form', () => {
    for (const power of [5, 7, 8, 15, 16, 31, 32, 33, 48, 52]) {
      for (const off of [-1, 0, 1]) {
        for (const sign of [-1, 1]) {
          const integer = sign * (2 ** power + off);
          assert.deepEqual(encode(integer), Buffer.from(libraryEncode(integer)), String(integer));
          assert.equal(decode(encode(integer)).value, integer);
        }
      }
    }
    for (const integer of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, -0, -1]) {
      assert.deepEqual(encode(integer), Buffer.from(libraryEncode(integer)), String(integer));
    }
  });

  it('keeps texts of every length around the edges of a header, in characters of one to four bytes', () => {
    for (const character of ['a', 'я', '中', '😀']) {
      const width = Buffer.byteLength(character);
      for (const edge of [0, 31, 32, 255, 256, 65_535, 65_536]) {
        for (let bytes = Math.max(0, edge - 5); bytes <= edge + 5; bytes++) {
          const text = character.repeat(Math.floor(bytes / width)) + 'x'.repeat(bytes % width);
          const packed = encode([text, 7], 16);
          assert.deepEqual(packed, Buffer.from(libraryEncode([text, 7])), `${bytes} bytes of ${character}`);
          assert.deepEqual(decode(packed).value, [text, 7]);
        }
      }
    }
  });

  it('keeps lists and maps of every length around the edges of a header', () => {
    // Compared as bytes and by size: a deep comparison of 65,536 elements takes most of a second.
    for (const length of [0, 1, 14, 15, 16, 17, 255, 256, 65_534, 65_535, 65_536]) {
      const list = Array.from({ length }, (_, place) => place % 100);
      assert.ok(encode(list).equals(libraryEncode(list)), `a list of ${length}`);
      assert.equal(String(decode(encode(list)).value), String(list));
      const map = Object.fromEntries(list.map((value, place) => [`k${place}`, value]));
      assert.ok(encode(map).equals(libraryEncode(map)), `a map of ${length}`);
      const read = decode(encode(map)).value;
      assert.ok(read instanceof Map && read.size === length, `a map of ${length} read`);
    }
  });

  it('puts bytes that are to be a string in as they are', () => {
    fc.assert(
      fc.property(anyText, anyValue, (text, other) => {
        assert.deepEqual(encode([new ByteString(Buffer.from(text)), other]), encode([text, other]));
      }),
      runs(50),
    );
  });

  it('puts bytes that come in parts between what it writes, and copies none of them', () => {
    const anyParts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 });
    fc.assert(
      fc.property(anyParts, anyParts, anyValue, (first, second, other) => {
        const writer = createWriter();
        writer.value([new ByteParts(first), other, new ByteParts(second)]);
        const taken = writer.takeParts();
        const whole = encode([new ByteString(Buffer.concat(first)), other, new ByteString(Buffer.concat(second))]);
        assert.ok(Buffer.concat(taken).equals(whole));
        for (const part of [...first, ...second]) assert.ok(part.length === 0 || taken.includes(part));
        writer.value(other);
        assert.ok(Buffer.concat(writer.takeParts()).equals(encode(other)), 'nothing of the value before is left');
      }),
      runs(50),
    );
  });

  it('begins anew after a take, and never touches what it gave away', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 2, maxLength: 6 }), (values) => {
        const writer = createWriter(8);
        const taken = values.map((value) => {
          writer.value(value);
          assert.equal(writer.length(), encode(value).length);
          return writer.take();
        });
        assert.equal(writer.length(), 0);
        assert.deepEqual(
          taken,
          values.map((value) => encode(value)),
        );
      }),
      runs(50),
    );
  });

  it('that is cut off anywhere is told to be so, never read as something else', () => {
    fc.assert(
      fc.property(anyValue, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (value, share) => {
        const bytes = encode(value);
        assert.throws(() => decode(bytes.subarray(0, Math.floor(bytes.length * share))), MsgpackError);
      }),
      runs(300),
    );
  });

  it('of random bytes is read or refused with a MsgpackError, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          assert.ok(decode(Buffer.from(bytes)).end <= bytes.length);
        } catch (reason) {
          assert.ok(reason instanceof MsgpackError, String(reason));
        }
      }),
      runs(3000),
    );
  });

  it('is read from the place where it starts', () => {
    fc.assert(
      fc.property(
        anyValue,
        fc.uint8Array({ maxLength: 9 }),
        fc.uint8Array({ maxLength: 9 }),
        (value, before, after) => {
          const bytes = encode(value);
          const { value: read, end } = decode(Buffer.concat([before, bytes, after]), before.length);
          assert.equal(end, before.length + bytes.length);
          assert.deepEqual(read, decode(bytes).value);
        },
      ),
      runs(100),
    );
  });

  const forms: [hex: string, value: MsgpackValue, reason: string][] = [
    ['ca3fc00000', 1.5, 'a float of four bytes, as C clients write'],
    ['cf001fffffffffffff', Number.MAX_SAFE_INTEGER, 'the largest integer kept exactly'],
    ['d3ffe0000000000001', Number.MIN_SAFE_INTEGER, 'the smallest one'],
    ['cc01', 1, 'an integer in more bytes than it needs'],
    ['c403010203', Buffer.from([1, 2, 3]), 'bytes, as Tarantool 3 sends varbinary'],
    ['c50001ff', Buffer.from([255]), 'bytes with a longer header'],
    ['c6000000017f', Buffer.from([127]), 'and with the longest'],
    ['d40105', Buffer.from([5]), 'an extension of one byte'],
    ['d80200000000000000000000000000000001', Buffer.from(`${'00'.repeat(15)}01`, 'hex'), 'a UUID of Tarantool'],
    ['c70301aabbcc', Buffer.from('aabbcc', 'hex'), 'a decimal of Tarantool'],
    ['c8000101aa', Buffer.from('aa', 'hex'), 'an extension with a longer header'],
    ['c90000000101aa', Buffer.from('aa', 'hex'), 'and with the longest'],
    ['8100ce00000001', new Map([[0, 1]]), 'a map with a number for a key, as protocol headers are'],
    ['df0000000100c0', new Map([[0, null]]), 'the longest header of a map'],
    ['dd00000001c3', [true], 'the longest header of a list'],
  ];
  for (const [hex, value, reason] of forms) {
    it(`${hex} is read whole: ${reason}`, () => {
      const read = decode(Buffer.from(hex, 'hex'));
      assert.deepEqual(read, { value, end: hex.length / 2 });
    });
  }

  const broken: [hex: string, reason: string][] = [
    ['', 'nothing'],
    ['c1', 'the byte that begins nothing'],
    ['ddffffffff', 'a list of four thousand million in five bytes'],
    ['dfffffffff', 'such a map'],
    ['81c0c0', 'null for a key'],
    ['819000', 'a list for a key'],
    ['d4', 'an extension without its type'],
  ];
  for (const [hex, reason] of broken) {
    it(`"${hex}" is refused: ${reason}`, () => assert.throws(() => decode(Buffer.from(hex, 'hex')), MsgpackError));
  }

  it("gives a string's bytes out as they are, and no more than there are", () => {
    for (const length of [0, 1, 31, 32, 255, 256, 65_535, 65_536]) {
      const text = encode('x'.repeat(length));
      const stream = Buffer.concat([Buffer.from([0xc0]), text, Buffer.from('y')]);
      assert.equal(decodeStringBytes(stream, 1).toString(), 'x'.repeat(length));
      if (length > 0) assert.throws(() => decodeStringBytes(text.subarray(0, -1), 0), MsgpackError);
    }
    assert.throws(() => decodeStringBytes(encode([]), 0), MsgpackError);
  });
});
