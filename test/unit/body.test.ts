import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeUtf8, parseJson } from '../../app/http/body.js';

describe('the text of a body', () => {
  const faults: [text: string, detail: string, reason: string][] = [
    ['{"a" 1}', 'The body is not JSON: the fault is at character 5.', 'a sign is missing'],
    ['{"a":1}}', 'The body is not JSON: the fault is at character 7.', 'something stands behind the end'],
    ['{"a":1', 'The body is not JSON: the fault is at character 6.', 'cut off'],
    ['nul', 'The body is not JSON.', 'V8 does not say where'],
    ['at position 42', 'The body is not JSON.', 'a text that speaks of positions itself'],
    ['x "in JSON at position 7"', 'The body is not JSON.', 'the same in the very words of V8'],
  ];
  for (const [text, detail, reason] of faults) {
    it(`is told to be malformed for ${text}: ${reason}`, () => {
      assert.throws(() => parseJson(text), { code: 'MALFORMED_JSON', message: detail });
    });
  }

  it('is never quoted in the error: it may be private', () => {
    assert.throws(
      () => parseJson('{"name": Иванов}'),
      (reason) => !/Иванов/.test((reason as Error).message),
    );
  });

  it('is read as it is, down to a prototype that becomes an ordinary key', () => {
    const value = parseJson('{"__proto__":{"admin":true}}') as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ['__proto__']);
    assert.equal(value['admin'], undefined);
  });

  it('loses a byte order mark at its start and none inside', () => {
    assert.equal(decodeUtf8(Buffer.from('\ufeffa\ufeff')), 'a\ufeff');
  });

  it('must be strict UTF-8: a broken byte is no U+FFFD', () => {
    assert.throws(() => decodeUtf8(Buffer.from([0x61, 0xff])), { code: 'INVALID_UTF8' });
    assert.equal(decodeUtf8(Buffer.from('\ufffd')), '\ufffd');
  });
});
