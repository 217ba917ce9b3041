import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode, ServiceError } from '../../../app/errors.js';
import { createBodyCheck, registrationSchema } from '../../../app/users/schema.js';
import { runs } from '../../support/random.js';

/** The rules of the specification, implemented literally. */
function isUsername(text: string): boolean {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const allowed = `${letters}${letters.toUpperCase()}0123456789@.+-_`;
  const characters = [...text];
  return characters.length >= 1 && characters.length <= 150 && characters.every((each) => allowed.includes(each));
}

function isPassword(text: string): boolean {
  const { length } = [...text];
  return length >= 8 && length <= 128 && text.isWellFormed();
}

const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'Z', '0', '@', '.', '+', '-', '_'), maxLength: 160 }),
  fc.string({ unit: fc.constantFrom('a', 'я', ' ', '\n', '/', '😀', '\ud800', '٣'), maxLength: 140 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
/** Random texts rarely have lengths at the limits. */
const atBounds = fc
  .tuple(fc.constantFrom(0, 1, 7, 8, 127, 128, 129, 149, 150, 151), fc.constantFrom('a', '😀', '+'))
  .map(([length, character]) => character.repeat(length));
const text = fc.oneof(anyText, atBounds);

describe('usernames and passwords, by chance', () => {
  const check = createBodyCheck(registrationSchema);

  it('are taken exactly by the rules, from JSON and forms, and each fault is named in both ways', () => {
    fc.assert(
      fc.property(text, text, fc.boolean(), (username, password, isForm) => {
        const wrong = [...(isUsername(username) ? [] : ['username']), ...(isPassword(password) ? [] : ['password'])];
        try {
          assert.deepEqual(check({ username, password }, isForm), { username, password });
          assert.deepEqual(wrong, []);
        } catch (reason) {
          if (!(reason instanceof ServiceError)) throw reason;
          assert.ok(hasCode(reason, 'INVALID_INPUT'));
          assert.deepEqual(Object.keys(reason.members).sort(), wrong.sort());
          const pointers = new Set(reason.violations?.map(({ pointer }) => pointer.slice(1)));
          assert.deepEqual([...pointers].sort(), wrong);
        }
      }),
      runs(1_000, 50_000),
    );
  });
});
