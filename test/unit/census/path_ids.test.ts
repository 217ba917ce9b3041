import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { citizenIdFromPath, importIdFromPath } from '../../../app/census/path_ids.js';

describe('an id in a path', () => {
  const right: [text: string, id: number, reason: string][] = [
    ['0', 0, 'the smallest'],
    ['1', 1, 'the first import'],
    ['9007199254740991', Number.MAX_SAFE_INTEGER, 'the largest, 2^53-1'],
    ['007', 7, 'zeros in front'],
  ];
  for (const [text, id, reason] of right) {
    it(`is ${id} for ${text}: ${reason}`, () => {
      assert.equal(importIdFromPath({ import_id: text }), id);
      assert.equal(citizenIdFromPath({ citizen_id: text }), id);
    });
  }

  const wrong: [text: string, reason: string][] = [
    ['9007199254740992', '2^53: it would name its neighbour too'],
    ['9999999999999999', 'the largest of 16 digits'],
    ['10000000000000000', 'more digits'],
    ['-1', 'a sign'],
    ['+1', 'another sign'],
    ['1.0', 'JSON, but no id'],
    ['1e1', 'the same'],
    ['0x1', 'another base'],
    ['', 'nothing'],
    [' 1', 'a blank'],
    ['1\n', 'a line end'],
    ['one', 'a word'],
    ['٣', 'a digit that is not ASCII'],
    ['NaN', 'no number'],
  ];
  for (const [text, reason] of wrong) {
    it(`names nothing that exists for ${JSON.stringify(text)}: ${reason}`, () => {
      assert.throws(() => importIdFromPath({ import_id: text }), { code: 'IMPORT_NOT_FOUND' });
      assert.throws(() => citizenIdFromPath({ citizen_id: text }), { code: 'CITIZEN_NOT_FOUND' });
    });
  }

  it('that the path does not have names nothing either', () => {
    assert.throws(() => importIdFromPath({}), { code: 'IMPORT_NOT_FOUND' });
    assert.throws(() => citizenIdFromPath({}), { code: 'CITIZEN_NOT_FOUND' });
  });
});
