import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readIdempotencyKey, requireSameRequest } from '../../../../app/census/imports/intake/idempotency.js';
import { ServiceError } from '../../../../app/errors.js';

function refusedAs(code: string): (reason: unknown) => boolean {
  return (reason) => reason instanceof ServiceError && reason.code === code;
}

describe('the header Idempotency-Key', () => {
  const good: [header: string | undefined, key: string | undefined, reason: string][] = [
    [undefined, undefined, 'no key was sent'],
    ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324', 'as in the draft'],
    ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324', 'without quotes'],
    ['"a, b"', 'a, b', 'a comma in quotes'],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`, 'escaped characters'],
    ['" "', ' ', 'a space is a character'],
    [`"${'x'.repeat(255)}"`, 'x'.repeat(255), 'the longest'],
  ];
  for (const [header, key, reason] of good) {
    it(`is read: ${reason}`, () => {
      assert.equal(readIdempotencyKey(header), key);
    });
  }

  const bad: [header: string, reason: string][] = [
    ['', 'empty'],
    ['""', 'an empty string'],
    ['"', 'a quote alone'],
    ['"a', 'no closing quote'],
    ['"a"b"', 'a quote within'],
    [String.raw`"a\b"`, 'an escape that is none'],
    ['"a", "b"', 'two headers, which Node joins'],
    ['a, b', 'two headers without quotes'],
    ['"a";v=1', 'with a parameter'],
    ['"ключ"', 'not ASCII'],
    ['"a\tb"', 'a control character'],
    [`"${'x'.repeat(256)}"`, 'too long'],
    ['x'.repeat(256), 'too long without quotes'],
  ];
  for (const [header, reason] of bad) {
    it(`is refused: ${reason}`, () => {
      assert.throws(() => readIdempotencyKey(header), refusedAs('INVALID_IDEMPOTENCY_KEY'));
    });
  }
});

describe('a request with a key that stored an import', () => {
  it('is let through when it is the same, and only then', () => {
    requireSameRequest('one', 'one');
    assert.throws(() => requireSameRequest('one', 'two'), refusedAs('IDEMPOTENCY_KEY_REUSED'));
  });
});
