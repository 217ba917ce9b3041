import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BinaryFault, decodeBinary, encodeBinary } from '../../../app/traffic/cases/model/binary_form.js';
import { CAMERUS1_HEX, CAMERUS1_RECORD } from '../../support/traffic/records.js';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

/** One field after the outer length. */
function record(...fields: Buffer[]): Buffer {
  const whole = Buffer.concat(fields);
  return Buffer.concat([Buffer.from([whole.length >> 8, whole.length & 0xff]), whole]);
}

function field(type: number, key: string, value: Buffer, valueLength = value.length): Buffer {
  const name = Buffer.from(key);
  const head = Buffer.from([0, name.length, valueLength >> 8, valueLength & 0xff, type]);
  return Buffer.concat([head, name, value]);
}

function nested(levels: number): Buffer {
  let inner: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  for (let level = 1; level < levels; level++) inner = field(2, 'd', inner);
  return record(inner);
}

describe('the binary form', () => {
  it('reads the sample of a camera, and writes the same bytes', () => {
    const sample = bytes(CAMERUS1_HEX);
    assert.deepEqual(decodeBinary(sample), CAMERUS1_RECORD);
    assert.deepEqual(Buffer.from(encodeBinary(CAMERUS1_RECORD)), sample);
  });

  it('reads a dict with a number of two bytes, as camerus2 sends its year', () => {
    const year = field(1, 'year', bytes('e80f'));
    assert.deepEqual(decodeBinary(record(field(2, 'datetime', year))), { datetime: { year: 2024 } });
    assert.deepEqual(Buffer.from(encodeBinary({ datetime: { year: 2024 } })), record(field(2, 'datetime', year)));
  });

  it('reads 8 levels', () => {
    assert.doesNotThrow(() => decodeBinary(nested(8)));
  });

  const broken: [what: string, input: Buffer, fault: RegExp][] = [
    ['no bytes', Buffer.alloc(0), /not the length/],
    ['a length of more than there is', bytes('0001'), /not the length/],
    ['bytes behind the length', bytes('000000'), /not the length/],
    ['a field that is cut off', record(bytes('0001')), /left over/],
    ['a key beyond the end', record(bytes('00ff000000')), /beyond the end/],
    ['a value beyond the end', record(field(0, 'k', Buffer.from('v'), 9)), /beyond the end/],
    ['a type that is not known', record(field(3, 'k', Buffer.from('v'))), /unknown type 3/],
    ['a key twice', record(field(0, 'k', Buffer.from('v')), field(0, 'k', Buffer.from('w'))), /twice/],
    ['nine levels', nested(9), /level 9/],
    ['a key that is not UTF-8', record(Buffer.concat([bytes('0001000000'), bytes('ff')])), /not UTF-8/],
    ['a text that is not UTF-8', record(field(0, 'k', bytes('c328'))), /not UTF-8/],
    ['a number without bytes', record(field(1, 'k', Buffer.alloc(0))), /no bytes/],
    ['a number that does not end', record(field(1, 'k', bytes('ff'))), /does not end/],
    ['a number that ends early', record(field(1, 'k', bytes('0101'))), /does not end/],
    ['a number over 2^53 - 1', record(field(1, 'k', bytes('ffffffffffffff7f'))), /2\^53/],
  ];
  for (const [what, input, fault] of broken) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => decodeBinary(input),
        (reason) => reason instanceof BinaryFault && fault.test(reason.message),
      );
    });
  }

  const unfit: [what: string, value: unknown][] = [
    ['a fraction', 1.5],
    ['a negative number', -1],
    ['a number over 2^53 - 1', 2 ** 53],
    ['a boolean', true],
    ['null', null],
    ['a list', []],
    ['half of a surrogate pair', '\ud800'],
    ['a text of 65,536 bytes', 'x'.repeat(65_536)],
  ];
  for (const [what, value] of unfit) {
    it(`cannot carry ${what}`, () => {
      assert.throws(() => encodeBinary({ value }), BinaryFault);
    });
  }

  it('keeps a key that objects have a meaning for', () => {
    const record = JSON.parse('{"__proto__":{"a":1}}');
    assert.deepEqual(Object.keys(decodeBinary(encodeBinary(record))), ['__proto__']);
  });
});
