import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLogBuffer } from '../../../app/executor/engine/log_buffer.js';
import { runs } from '../../support/random.js';

const MIB = 1024 * 1024;
const MAX_PIECE_BYTES = 128 * 1024;

/** All pieces that there are now, sent one after the other. */
function drain(buffer: ReturnType<typeof createLogBuffer>): { at: number; text: string }[] {
  const pieces: { at: number; text: string }[] = [];
  for (let piece = buffer.next(); piece !== undefined; piece = buffer.next()) {
    assert.equal(buffer.next(), piece, 'the same piece is given until it was sent');
    pieces.push(piece);
    buffer.sent(piece);
  }
  assert.ok(buffer.isEmpty());
  return pieces;
}

describe('the log of a task on its way to the database', () => {
  it('is what was printed, in pieces that follow each other, wherever reads cut characters', () => {
    const output = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.string({ unit: 'binary', maxLength: 20 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        output,
        fc.nat(1_000),
        fc.array(fc.nat(7), { minLength: 1 }),
        fc.boolean(),
        (printed, startsAt, cuts, drainsOften) => {
          const buffer = createLogBuffer(startsAt);
          const sent: { at: number; text: string }[] = [];
          const whole = ['', ''];
          let cut = 0;
          for (const [stream, text] of printed) {
            whole[stream] += text.toWellFormed();
            const bytes = Buffer.from(text);
            for (let at = 0; at < bytes.length; ) {
              const length = 1 + (cuts[cut++ % cuts.length] as number);
              buffer.add(bytes.subarray(at, at + length), stream as 0 | 1);
              at += length;
              if (drainsOften) sent.push(...drain(buffer));
            }
          }
          buffer.end();
          sent.push(...drain(buffer));
          let place = startsAt;
          for (const { at, text } of sent) {
            assert.equal(at, place);
            place += Buffer.byteLength(text);
          }
          const all = sent.map(({ text }) => text).join('');
          // Characters of the two streams may be mixed, those of one stream keep their order.
          assert.deepEqual([...all].sort(), [...whole.join('')].sort());
          if (printed.every(([stream]) => stream === 0)) assert.equal(all, whole[0]);
        },
      ),
      runs(500),
    );
  });

  it('shows half a character at the end as U+FFFD', () => {
    const buffer = createLogBuffer(0);
    buffer.add(Buffer.from('я').subarray(0, 1), 0);
    assert.ok(buffer.isEmpty());
    buffer.end();
    assert.deepEqual(drain(buffer), [{ at: 0, text: '\ufffd' }]);
  });

  it('has pieces of at most 128 KiB, cut between characters', () => {
    const buffer = createLogBuffer(0);
    const text = `x${'я'.repeat(300_000)}`;
    buffer.add(Buffer.from(text), 0);
    const pieces = drain(buffer);
    assert.equal(pieces.map((piece) => piece.text).join(''), text);
    for (const piece of pieces) assert.ok(Buffer.byteLength(piece.text) <= MAX_PIECE_BYTES);
    assert.ok(pieces.length < 7);
  });

  it('drops the oldest beyond 1 MiB, at places that still count', () => {
    const buffer = createLogBuffer(10);
    const chunk = Buffer.alloc(65_536, 'a');
    for (let i = 0; i < 100; i++) buffer.add(chunk, 0);
    const first = buffer.next();
    assert.ok(first !== undefined);
    const pieces = drain(buffer);
    const bytes = pieces.reduce((sum, { text }) => sum + text.length, 0);
    assert.ok(bytes >= MIB && bytes < MIB + 2 * chunk.length, String(bytes));
    assert.equal(first.at + bytes, 10 + 100 * chunk.length);
  });

  it('keeps a piece that is on its way while more comes and older bytes are dropped', () => {
    const buffer = createLogBuffer(0);
    buffer.add(Buffer.from('first'), 0);
    const piece = buffer.next();
    for (let i = 0; i < 40; i++) buffer.add(Buffer.alloc(65_536, 'b'), 1);
    assert.equal(buffer.next(), piece);
    assert.deepEqual(piece, { at: 0, text: 'first' });
  });
});
