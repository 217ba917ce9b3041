import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../../../../app/errors.js';
import { MAX_PARAMETERS, parseQueryString } from '../../../../app/http/query/query_string.js';
import { runs } from '../../../support/random.js';

/** Any characters, with those that have a meaning in URLs more often. */
const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text.isWellFormed()),
  fc.constantFrom('', ' ', '+', '%', '&', '=', '?', '#', 'a', '__proto__', 'constructor', '\u0000', '\uFFFD', '\uFEFF'),
);

function byName(pairs: Iterable<[name: string, value: string]>): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}

function refused(text: string): ServiceError {
  try {
    parseQueryString(text);
  } catch (reason) {
    assert.ok(reason instanceof ServiceError);
    return reason;
  }
  return assert.fail(`taken: ${text}`);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe('a query string', () => {
  it('is read as browsers write it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { maxLength: MAX_PARAMETERS }), (pairs) => {
        const wanted = byName(pairs);
        assert.deepEqual(parseQueryString(String(new URLSearchParams(pairs))), wanted);
        const encoded = pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&&');
        assert.deepEqual(parseQueryString(encoded), wanted);
      }),
      runs(500),
    );
  });

  it('is read as Node reads it, whatever it is, unless it is refused for its encoding', () => {
    const anyText = fc
      .array(fc.constantFrom('&', '=', '+', '%', '%2', '%20', '%D0%9C', '%d0', '%FF', 'a', 'b', ';', '[]'), {
        maxLength: 12,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = Buffer.from(
          text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        );
        const parts = text.split(/[&=]/);
        const isGood = parts.every((part) => !/%(?![0-9a-f]{2})/i.test(part)) && isUtf8(bytes);
        if (!isGood) {
          assert.match(refused(text).code, /^(INVALID_UTF8|INVALID_INPUT)$/);
          return;
        }
        assert.deepEqual(parseQueryString(text), byName(new URLSearchParams(text)));
      }),
      runs(500),
    );
  });

  it('that is not UTF-8 is refused, and told of the byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (bytes) => {
        const text = `town=${[...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`;
        if (isUtf8(bytes)) {
          assert.deepEqual(parseQueryString(text).get('town'), [Buffer.from(bytes).toString()]);
          return;
        }
        const { code, message, violations } = refused(text);
        assert.equal(code, 'INVALID_UTF8');
        assert.equal(violations?.[0]?.pointer, '/query/town');
        const [, hex, offset] = /byte %(..) at offset (\d+)/.exec(message) as unknown as [string, string, string];
        assert.equal(bytes[Number(offset)], Number.parseInt(hex, 16));
        const before = bytes.subarray(0, Number(offset));
        assert.ok(isUtf8(before), 'no byte before it is wrong');
      }),
      runs(1_000),
    );
  });

  const wrong: [text: string, code: string, pointer: string, detail: RegExp][] = [
    ['%FF=1', 'INVALID_UTF8', '/query', /name of a query parameter is not UTF-8: it has the byte %FF at offset 0/],
    ['a=%EF%BF%BD%EF%BF%BDx%C0%80', 'INVALID_UTF8', '/query/a', /byte %C0 at offset 7/],
    ['a=%ED%A0%80', 'INVALID_UTF8', '/query/a', /byte %ED at offset 0/],
    ['a=100%', 'INVALID_INPUT', '/query/a', /write % itself as %25/],
    ['%zz=1', 'INVALID_INPUT', '/query', /two hexadecimal digits/],
    ['x%2Fy~=%2', 'INVALID_INPUT', '/query/x~1y~0', /two hexadecimal digits/],
    [`${'n'.repeat(300)}=%FF`, 'INVALID_UTF8', '/query', /%FF/],
    ['a&'.repeat(MAX_PARAMETERS + 1), 'INVALID_INPUT', '/query', /at most 100 parameters/],
  ];
  for (const [text, code, pointer, detail] of wrong) {
    it(`is refused with ${code}: ${text.slice(0, 40)}`, () => {
      const error = refused(text);
      assert.deepEqual([error.code, error.violations?.[0]?.pointer], [code, pointer]);
      assert.match(error.message, detail);
    });
  }
});
