import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorObject } from 'ajv';
import { createViolationList, invalidInput, toViolation } from '../../../app/http/violations.js';

function ajvError(changes: Partial<ErrorObject>): ErrorObject {
  return { keyword: 'type', instancePath: '', schemaPath: '', params: {}, ...changes };
}

describe('a violation', () => {
  const table: [error: Partial<ErrorObject>, code: string, detail: string, reason: string][] = [
    [{ keyword: 'type', params: { type: 'integer' } }, 'WRONG_TYPE', 'must be of type integer', 'the type is named'],
    [
      { keyword: 'type', params: { type: ['object', 'array'] } },
      'WRONG_TYPE',
      'must be of type object or array',
      'all types',
    ],
    [{ keyword: 'minProperties' }, 'EMPTY', 'must have at least one field', 'an empty object'],
    [
      { keyword: 'minLength', params: { limit: 1 } },
      'TOO_SHORT',
      'must have at least 1 character',
      'the limit is named',
    ],
    [{ keyword: 'maxLength', params: { limit: 256 } }, 'TOO_LONG', 'must have at most 256 characters', 'the same'],
    [{ keyword: 'minimum', params: { limit: 0 } }, 'OUT_OF_RANGE', 'must be at least 0', 'the lower end'],
    [{ keyword: 'maximum', params: { limit: 9 } }, 'OUT_OF_RANGE', 'must be at most 9', 'the upper end'],
    [{ keyword: 'enum', params: { allowedValues: ['a', 'b'] } }, 'NOT_ALLOWED', 'must be one of a, b', 'all are named'],
    [{ keyword: 'not' }, 'READ_ONLY', 'cannot be changed', 'schemas use `not` for that alone'],
    [{ keyword: 'pattern', params: { pattern: '^a$' } }, 'WRONG_FORM', 'must match ^a$', 'without words: the pattern'],
    [
      { keyword: 'pattern', params: { pattern: '^a$' }, parentSchema: { 'x-pattern-words': 'must be an a' } },
      'WRONG_FORM',
      'must be an a',
      'the words that the schema has for its pattern',
    ],
    [
      { keyword: 'x-own', params: { code: 'OWN' }, message: 'is our own rule' },
      'OWN',
      'is our own rule',
      'a keyword of our own says its words itself',
    ],
  ];
  for (const [error, code, detail, reason] of table) {
    it(`of ${error.keyword} is ${code}, "${detail}": ${reason}`, () => {
      const violation = toViolation(ajvError({ ...error, instancePath: '/town' }), '/citizens/17');
      assert.deepEqual(violation, { pointer: '/citizens/17/town', code, detail });
    });
  }

  const pointers: [key: string, pointer: string, reason: string][] = [
    ['town', '/citizens/0/town', 'a plain name'],
    ['', '/citizens/0/', 'the empty name is a name'],
    ['a/b', '/citizens/0/a~1b', '/ is ~1'],
    ['a~b', '/citizens/0/a~0b', '~ is ~0'],
    ['~1', '/citizens/0/~01', 'so that ~1 is not taken for /'],
    ['/~/', '/citizens/0/~1~0~1', 'all of them'],
    ['0', '/citizens/0/0', 'a number'],
    ['Ключ "1"', '/citizens/0/Ключ "1"', 'nothing else is escaped'],
  ];
  for (const [key, pointer, reason] of pointers) {
    it(`about the field ${JSON.stringify(key)} points at ${pointer}: ${reason}`, () => {
      const unknown = ajvError({ keyword: 'additionalProperties', params: { additionalProperty: key } });
      assert.equal(toViolation(unknown, '/citizens/0').pointer, pointer);
      const missing = ajvError({ keyword: 'required', params: { missingProperty: key } });
      assert.equal(toViolation(missing, '/citizens/0').pointer, pointer);
    });
  }
});

describe('a list of violations', () => {
  const listOf = (count: number, consequence = 'Nothing was stored.') => {
    const list = createViolationList(consequence);
    for (let i = 0; i < count; i++) list.add({ pointer: `/${i}`, code: 'X', detail: 'x' });
    return list;
  };

  it('keeps the first hundred and counts all', () => {
    const list = listOf(101);
    assert.equal(list.count(), 101);
    assert.equal(list.first.length, 100);
    assert.equal(list.first[99]?.pointer, '/99');
  });

  it('becomes one error that says how many rules are broken and what followed', () => {
    assert.equal(invalidInput(listOf(1)).message, '1 rule is broken. Nothing was stored.');
    const many = invalidInput(listOf(2000, 'Nothing was changed.'));
    assert.equal(many.message, '2000 rules are broken. Nothing was changed.');
    assert.equal(many.violationCount, 2000);
    assert.equal(many.code, 'INVALID_INPUT');
  });

  it('ends at a million: nobody waits for more', () => {
    const { message } = invalidInput(listOf(999_999));
    assert.equal(message, '999999 rules are broken. Nothing was stored.');
    assert.throws(() => listOf(1_000_000), {
      message: 'At least 1000000 rules are broken. Nothing was stored.',
      violationCount: 1_000_000,
    });
  });
});
