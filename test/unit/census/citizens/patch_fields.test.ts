import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkRelativesList } from '../../../../app/census/citizens/model/consistency.js';
import { createShapeValidators } from '../../../../app/census/citizens/schema.js';
import { parseJson } from '../../../../app/http/json/json_parse.js';
import { toViolation } from '../../../../app/http/violations.js';
import { FIELD_CASES, RAW_CITIZEN, rawObject, TODAY } from '../../../support/census/field_cases.js';

const validators = createShapeValidators();

function faults(text: string): string[] {
  return [...validators.patch(parseJson(Buffer.from(text)), TODAY)]
    .map((error) => toViolation(error, ''))
    .map(({ pointer, code }) => `${pointer} ${code}`)
    .sort();
}

describe('a field of a citizen in a PATCH', () => {
  for (const { field, raw, codes, reason, below = '' } of FIELD_CASES.filter((one) => one.field !== 'citizen_id')) {
    const shown = raw.length > 40 ? `${raw.slice(0, 12)}… of ${raw.length}` : raw;
    it(`${field} ${codes.length === 0 ? 'may' : 'must not'} become ${shown}: ${reason}`, () => {
      assert.deepEqual(faults(rawObject({ [field]: raw })), codes.map((code) => `/${field}${below} ${code}`).sort());
    });
  }
});

describe('a PATCH as a whole', () => {
  const { citizen_id: _, ...changeable } = RAW_CITIZEN;
  const table: [text: string, faults: string[], reason: string][] = [
    [rawObject(changeable), [], 'all fields at once'],
    ['{}', [' EMPTY'], 'nothing to change'],
    ['[]', [' WRONG_TYPE'], 'a list'],
    ['null', [' WRONG_TYPE'], 'null'],
    ['"town"', [' WRONG_TYPE'], 'a string'],
    ['{"citizen_id":1}', ['/citizen_id READ_ONLY'], 'the id, even the same one'],
    ['{"citizen_id":null,"apartment":1}', ['/citizen_id READ_ONLY'], 'the id beside something else'],
    ['{"age":1}', ['/age UNKNOWN_FIELD'], 'a field of nobody'],
    ['{"__proto__":{"town":"x"}}', ['/__proto__ UNKNOWN_FIELD'], 'no way into the prototype'],
    ['{"constructor":1}', ['/constructor UNKNOWN_FIELD'], 'what every object has'],
    ['{"town":"","x":1}', ['/town TOO_SHORT', '/x UNKNOWN_FIELD'], 'two faults are both told'],
  ];
  for (const [text, expected, reason] of table) {
    it(`${expected.length === 0 ? 'may' : 'must not'} be ${text}: ${reason}`, () => {
      assert.deepEqual(faults(text), expected);
    });
  }

  it('is looked at with the day of the request, not with that of an earlier one', () => {
    const text = '{"birth_date":"22.11.2026"}';
    assert.equal([...validators.patch(JSON.parse(text), TODAY + 1)].length, 0);
    assert.deepEqual(faults(text), ['/birth_date NOT_IN_THE_PAST']);
  });

  const lists: [relatives: unknown[], faults: string[], reason: string][] = [
    [[2, 3], [], 'two others'],
    [[2, 1], ['/relatives/1 SELF_RELATIVE'], 'oneself'],
    [[2, 3, 2], ['/relatives/2 DUPLICATE_RELATIVE'], 'somebody twice'],
    [[1, 1], ['/relatives/0 SELF_RELATIVE', '/relatives/1 SELF_RELATIVE'], 'oneself twice'],
    [['2', '2', null, null], [], 'what is no id is left to the rules of shape'],
  ];
  for (const [relatives, expected, reason] of lists) {
    it(`of citizen 1 to the relatives ${JSON.stringify(relatives)}: ${reason}`, () => {
      const found: string[] = [];
      checkRelativesList(1, relatives, '/relatives', ({ pointer, code }) => found.push(`${pointer} ${code}`));
      assert.deepEqual(found, expected);
    });
  }
});
