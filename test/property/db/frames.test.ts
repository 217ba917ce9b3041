import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createByteQueue,
  createFrameParser,
  type Frame,
  OWN_MEMORY_BYTES,
  ProtocolError,
} from '../../../app/db/wire/frames.js';
import { createWriter } from '../../../app/db/wire/msgpack.js';
import { runs } from '../../support/random.js';

type Sent = { sync: number; code: number; body: Buffer; extra: number; lengthForm: number };

/** Header keys besides code and sync: the schema version, which 2.6 sends, and some that a future version may send. */
function header({ sync, code, extra }: Sent): Buffer {
  const writer = createWriter();
  writer.mapHeader(2 + extra);
  // The order of keys is not guaranteed, so the others come first here.
  for (let key = 0; key < extra; key++) {
    writer.integer(5 + key);
    writer.value(key % 2 === 0 ? 80 : 'text');
  }
  writer.integer(0);
  writer.integer(code);
  writer.integer(1);
  writer.integer(sync);
  return writer.take();
}

/** Lengths in each form that MessagePack allows for them; Tarantool writes five bytes. */
function lengthBytes(length: number, form: number): Buffer {
  if (form === 1 && length <= 0x7f) return Buffer.from([length]);
  if (form === 2 && length <= 0xff) return Buffer.from([0xcc, length]);
  if (form === 3 && length <= 0xffff) return Buffer.from([0xcd, length >> 8, length & 0xff]);
  const bytes = Buffer.from([0xce, 0, 0, 0, 0]);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function toBytes(sent: Sent): Buffer {
  const head = header(sent);
  return Buffer.concat([lengthBytes(head.length + sent.body.length, sent.lengthForm), head, sent.body]);
}

/** Splits bytes at random places, also into empty pieces. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, i) => bytes.subarray(cuts[i - 1] ?? 0, end));
}

const anySent: fc.Arbitrary<Sent> = fc.record({
  sync: fc.integer({ min: 1, max: 2 ** 31 }),
  code: fc.oneof(fc.constant(0), fc.integer({ min: 0x8000, max: 0x8fff })),
  body: fc
    .oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 200, maxLength: 400 }))
    .map((bytes) => Buffer.from(bytes)),
  // 20 keys exceed the one-byte form of the header's map.
  extra: fc.constantFrom(0, 1, 3, 20),
  lengthForm: fc.constantFrom(1, 2, 3, 5, 5, 5),
});

function parseAll(chunks: readonly Buffer[]): Frame[] {
  const frames: Frame[] = [];
  const parse = createFrameParser((frame) => frames.push(frame));
  for (const chunk of chunks) parse(chunk);
  return frames;
}

const SMALL = toBytes({ sync: 1, code: 0, body: Buffer.from('80', 'hex'), extra: 1, lengthForm: 5 });

describe('the frame parser', () => {
  it('finds each reply whole and in order, wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(anySent, { maxLength: 30 }),
        fc.array(fc.nat(100_000), { maxLength: 60 }),
        (sent, places) => {
          const frames = parseAll(cut(Buffer.concat(sent.map(toBytes)), places));
          assert.deepEqual(
            frames,
            sent.map(({ sync, code, body }) => ({ sync, code, body })),
          );
        },
      ),
      runs(300),
    );
  });

  it('finds them when they come byte by byte', () => {
    fc.assert(
      fc.property(fc.array(anySent, { maxLength: 6 }), (sent) => {
        const bytes = Buffer.concat(sent.map(toBytes));
        const frames = parseAll(Array.from(bytes, (byte) => Buffer.from([byte])));
        assert.deepEqual(
          frames.map(({ sync }) => sync),
          sent.map(({ sync }) => sync),
        );
      }),
      runs(30),
    );
  });

  it('gives a reply out with its last byte, not before and not later', () => {
    for (let end = 0; end < SMALL.length; end++) assert.equal(parseAll([SMALL.subarray(0, end)]).length, 0);
    assert.equal(parseAll([SMALL]).length, 1);
  });

  it('takes a large reply that comes in many pieces', () => {
    const body = Buffer.alloc(3_000_000, 7);
    const bytes = toBytes({ sync: 9, code: 0, body, extra: 3, lengthForm: 5 });
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 1460) pieces.push(bytes.subarray(at, at + 1460));
    const [frame] = parseAll([SMALL, ...pieces, SMALL]).slice(1);
    assert.equal(frame?.sync, 9);
    assert.ok(frame?.body.equals(body));
  });

  it('gives a long reply memory of its own, which may be handed on without harm to the others', () => {
    const long = (sync: number) =>
      toBytes({ sync, code: 0, body: Buffer.alloc(40_000, sync), extra: 0, lengthForm: 5 });
    const stream = Buffer.concat([SMALL, long(2), long(3), SMALL]);
    const [, second, third, last] = parseAll([stream]) as [Frame, Frame, Frame, Frame];
    structuredClone(second.body.buffer, { transfer: [second.body.buffer as ArrayBuffer] });
    assert.equal(second.body.length, 0);
    assert.ok(third.body.equals(Buffer.alloc(40_000, 3)));
    assert.deepEqual(last.body, Buffer.from('80', 'hex'));
  });

  const broken: [hex: string, reason: string][] = [
    ['ff', 'a frame cannot begin with a negative number'],
    ['a5', 'nor with a text'],
    ['cf0000000000000001', 'nor with a length of eight bytes'],
    ['ce40000001', 'longer than 1 GB: the stream is broken'],
    ['0190', 'a list where the header should be'],
    ['0180', 'a header without code and sync'],
    ['03810000', 'a header without a sync'],
    ['0700a0', 'a number where the header should be'],
    ['068200a1610101', 'a code that is a text'],
  ];
  for (const [hex, reason] of broken) {
    it(`throws at ${hex}: ${reason}`, () => {
      assert.throws(() => parseAll([Buffer.from(`${hex}${'00'.repeat(8)}`, 'hex')]), ProtocolError);
    });
  }

  it('throws at a header that does not end within its frame', () => {
    for (const hex of ['00', '0182', '03820000']) {
      assert.throws(() => parseAll([Buffer.from(`${hex}${'00'.repeat(8)}`, 'hex')]), ProtocolError, hex);
    }
  });

  it('never throws anything but a ProtocolError, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 }), (chunks) => {
        try {
          parseAll(chunks.map((chunk) => Buffer.from(chunk)));
        } catch (reason) {
          assert.ok(reason instanceof ProtocolError, String(reason));
        }
      }),
      runs(2000),
    );
  });
});

describe('the byte queue', () => {
  it('gives out long pieces that span chunks or stand in one, and leaves what is behind them', () => {
    const sizes = fc.array(fc.constantFrom(1, 7, 1000, OWN_MEMORY_BYTES, OWN_MEMORY_BYTES + 1, 100_000), {
      maxLength: 8,
    });
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, place) => place * 31 + (place >> 8)));
    fc.assert(
      fc.property(sizes, sizes, (pushes, takes) => {
        const queue = createByteQueue();
        let pushed = 0;
        for (const size of pushes) {
          queue.push(bytes.subarray(pushed, pushed + size));
          pushed += size;
        }
        let taken = 0;
        for (const size of takes) {
          const piece = queue.take(size);
          const expected = taken + size > pushed ? undefined : bytes.subarray(taken, taken + size);
          assert.ok(piece === expected || piece?.equals(expected as Buffer));
          if (expected !== undefined) taken += size;
          assert.equal(queue.length(), pushed - taken);
        }
      }),
      runs(200),
    );
  });

  it('gives out what went in, in the sizes that are asked for', () => {
    const step = fc.oneof(
      fc.record({ push: fc.uint8Array({ maxLength: 12 }) }),
      fc.record({ take: fc.nat(20) }),
      fc.record({ peek: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = createByteQueue();
        let model = Buffer.alloc(0);
        for (const one of steps) {
          if ('push' in one) {
            queue.push(Buffer.from(one.push));
            model = Buffer.concat([model, one.push]);
          } else if ('take' in one) {
            const expected = one.take <= model.length ? model.subarray(0, one.take) : undefined;
            assert.deepEqual(queue.take(one.take), expected);
            if (expected !== undefined) model = model.subarray(one.take);
          } else {
            const expected = one.peek <= model.length ? model.subarray(0, one.peek) : undefined;
            assert.deepEqual(queue.peek(one.peek), expected);
          }
          assert.equal(queue.length(), model.length);
        }
      }),
      runs(500),
    );
  });
});
