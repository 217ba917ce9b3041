import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BinaryFault, decodeBinary, encodeBinary } from '../../../app/traffic/cases/model/binary_form.js';
import { runs } from '../../support/random.js';

const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((each) => each.isWellFormed());
const { record } = fc.letrec<{ record: Record<string, unknown>; value: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, fc.maxSafeNat(), tie('record')),
  record: fc.dictionary(text, tie('value'), { maxKeys: 5, depthIdentifier: 'record', noNullPrototype: true }),
}));

/** Fields by the words of the docs, with none of the code: an obvious model. */
function writeSlowly(fields: Record<string, unknown>): Buffer {
  const parts = Object.entries(fields).map(([key, value]) => {
    const name = Buffer.from(key);
    const isDict = typeof value === 'object';
    const content = isDict
      ? writeSlowly(value as Record<string, unknown>)
      : typeof value === 'string'
        ? Buffer.from(value)
        : leb128(BigInt(value as number));
    const head = Buffer.alloc(5);
    head.writeUInt16BE(name.length, 0);
    head.writeUInt16BE(content.length, 2);
    head[4] = isDict ? 2 : typeof value === 'string' ? 0 : 1;
    return Buffer.concat([head, name, content]);
  });
  return Buffer.concat(parts);
}

function leb128(value: bigint): Buffer {
  const digits = value.toString(2);
  const groups = digits.padStart(Math.ceil(digits.length / 7) * 7, '0').match(/.{7}/g) ?? [];
  return Buffer.from(groups.reverse().map((group, i) => Number.parseInt(group, 2) | (i < groups.length - 1 ? 128 : 0)));
}

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
}

describe('the binary form of any record', () => {
  it('is what a plain writer makes, and is read back as it was', () => {
    fc.assert(
      fc.property(record, (fields) => {
        fc.pre(depthOf(fields) <= 8);
        const plain = writeSlowly(fields);
        fc.pre(plain.length <= 0xffff);
        const written = Buffer.from(encodeBinary(fields));
        assert.deepEqual(written.subarray(2), plain);
        assert.deepEqual(decodeBinary(written), fields);
      }),
      runs(1_000, 20_000),
    );
  });

  it('is either read or refused when bytes of it are changed, and what is read is written back', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'cut', 'add'));
    fc.assert(
      fc.property(record, fc.array(change, { minLength: 1, maxLength: 4 }), (fields, changes) => {
        fc.pre(depthOf(fields) <= 8);
        let input = Buffer.from(encodeBinary(fields));
        for (const [place, byte, kind] of changes) {
          const at = place % (input.length + 1);
          if (kind === 'set' && at < input.length) input[at] = byte;
          if (kind === 'cut') input = Buffer.concat([input.subarray(0, at), input.subarray(at + 1)]);
          if (kind === 'add') input = Buffer.concat([input.subarray(0, at), Buffer.from([byte]), input.subarray(at)]);
        }
        let read: object;
        try {
          read = decodeBinary(input);
        } catch (reason) {
          assert.ok(reason instanceof BinaryFault, String(reason));
          return;
        }
        assert.deepEqual(decodeBinary(encodeBinary(read)), read);
      }),
      runs(1_000, 20_000),
    );
  });
});
