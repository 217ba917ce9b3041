import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toTimestamp } from '../../../app/calendar.js';
import { hasOneOf, type Role } from '../../../app/users/model/roles.js';
import { hashToken, isTokenScheme, makeToken, tokenFrom } from '../../../app/users/token_text.js';

describe('the header Authorization', () => {
  const token = 'ab'.repeat(20);
  const cases: [header: string, isToken: boolean, found: string | undefined, reason: string][] = [
    [`Token ${token}`, true, token, 'as the predecessor'],
    [`bearer  ${token}`, true, token, 'RFC 6750, in any case, with two blanks'],
    [`Token ${token.toUpperCase()}`, true, undefined, 'tokens are in lower case'],
    [`Token ${token}0`, true, undefined, 'too long'],
    [`Token ${token} x`, true, undefined, 'something after it'],
    ['Token', true, undefined, 'nothing after the scheme'],
    ['Bearer ', true, undefined, 'a blank after the scheme'],
    ['Basic eDp5', false, undefined, "a proxy's"],
    [token, false, undefined, 'without a scheme'],
    ['Tokens x', false, undefined, 'another scheme'],
    ['', false, undefined, 'none'],
  ];
  for (const [header, isToken, found, reason] of cases) {
    it(`is read: ${reason}`, () => {
      assert.deepEqual([isTokenScheme(header), tokenFrom(header)], [isToken, found]);
    });
  }

  it('has tokens of 160 random bits, of which the SHA-256 is kept', () => {
    const { token: made, hash } = makeToken();
    assert.match(made, /^[0-9a-f]{40}$/);
    assert.equal(hash, hashToken(made));
    assert.match(hash, /^[0-9a-f]{64}$/);
    assert.notEqual(makeToken().token, made);
  });
});

describe('roles', () => {
  const cases: [roles: Role[], wanted: Role[], isEnough: boolean, reason: string][] = [
    [['user'], ['user'], true, 'the one that is wanted'],
    [['user'], ['operator', 'user'], true, 'one of those'],
    [['user'], ['operator'], false, 'another'],
    [[], ['user'], false, 'none'],
    [['admin'], ['specialist'], true, 'an admin may do everything'],
    [['supplier'], ['reader'], true, 'a supplier reads too'],
    [['reader'], ['supplier'], false, 'a reader does not write'],
  ];
  for (const [roles, wanted, isEnough, reason] of cases) {
    it(`are enough or not: ${reason}`, () => assert.equal(hasOneOf(roles, wanted), isEnough));
  }
});

describe('times', () => {
  it('have six digits and Z', () => {
    assert.equal(toTimestamp(0), '1970-01-01T00:00:00.000000Z');
    assert.equal(toTimestamp(1_795_811_445.123456), '2026-11-27T20:30:45.123456Z');
    assert.equal(toTimestamp(1_795_811_445.000001), '2026-11-27T20:30:45.000001Z');
  });
});
