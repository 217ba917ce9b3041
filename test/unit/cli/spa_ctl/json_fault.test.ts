import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { faultIndex, jsonFaultText } from '../../../../app/cli/spa_ctl/tree/json_fault.js';

describe('the fault of a text that is not JSON', () => {
  const cases: [json: string, index: number][] = [
    ['', 0],
    ['{"a": }', 6],
    ['{"a": 1,}', 8],
    ['[1, 2', 5],
    ['[1 2]', 3],
    ['[,]', 1],
    ['{"a" 1}', 5],
    ["{'a': 1}", 1],
    ['{"a": tru}', 6],
    ['{"a": 01}', 7],
    ['{"a": "open}', 6],
    ['{"a": "\\x"}', 6],
    ['{}}', 2],
    ['{]', 1],
    ['[}', 1],
    ['{"a": [1, {"b": 2}], // why\n"c": 3}', 21],
    ['1 1', 2],
  ];
  for (const [json, index] of cases) {
    it(`is found: ${json}`, () => {
      assert.throws(() => JSON.parse(json));
      assert.equal(faultIndex(json), index);
    });
  }

  it('is named by its line and column', () => {
    assert.equal(jsonFaultText('{\n "a": oops\n}'), 'line 2, column 7 has oops, which cannot stand there');
    assert.equal(jsonFaultText('{\n "a": [1\n'), 'it ends too early, at line 3, column 1');
  });

  it('is at the end of every JSON that is cut off, and nowhere in JSON that is whole', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, cut) => {
        assert.equal(faultIndex(json), json.length);
        const text = `[${json}]`;
        const piece = text.slice(0, 1 + (cut % (text.length - 1)));
        const index = faultIndex(piece);
        // A string or number that is cut is wrong where it begins.
        assert.ok(index <= piece.length);
        assert.match(piece.slice(index), /^(?:".*|-|[.e][+-]?|t|tr|tru|f|fa|fal|fals|n|nu|nul)?$/s);
      }),
    );
  });
});
