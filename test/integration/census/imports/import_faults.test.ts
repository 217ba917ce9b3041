import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { type Problem, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

const CITIZENS = 10_000;
const FAULTS = 500;

type Spoiler = { code: string; field: string; spoil(one: Record<string, unknown>): void };

function put(code: string, field: string, value: unknown): Spoiler {
  return {
    code,
    field,
    spoil(one) {
      one[field] = value;
    },
  };
}

/** Ten kinds of faults; each violates exactly one rule, and only for the citizen to which it is applied. */
const SPOILERS: Spoiler[] = [
  put('TOO_SHORT', 'town', ''),
  put('WRONG_FORM', 'street', '---'),
  put('TOO_LONG', 'building', 'x'.repeat(257)),
  put('OUT_OF_RANGE', 'apartment', -1),
  put('WRONG_TYPE', 'name', 5),
  put('NO_SUCH_DATE', 'birth_date', '31.02.2001'),
  put('NOT_ALLOWED', 'gender', 'unknown'),
  put('UNKNOWN_FIELD', 'age', 30),
  put('UNKNOWN_RELATIVE', 'relatives/0', undefined),
  {
    code: 'REQUIRED',
    field: 'town',
    spoil(one) {
      delete one['town'];
    },
  },
];
const unknownRelative = SPOILERS.find(({ code }) => code === 'UNKNOWN_RELATIVE') as Spoiler;
unknownRelative.spoil = (one) => {
  one['relatives'] = [10 ** 9];
};

describe('an import with very many faults', () => {
  const service = useService();

  it('is answered with one 400 that names 100 of 500 faults of ten kinds and counts all', async () => {
    const citizens: Record<string, unknown>[] = makeCitizens(CITIZENS, 0, 3).map((one) => ({ ...one }));
    const expected = new Map<string, string>();
    for (let fault = 0; fault < FAULTS; fault++) {
      const place = fault * (CITIZENS / FAULTS);
      const { code, field, spoil } = SPOILERS[fault % SPOILERS.length] as Spoiler;
      spoil(citizens[place] as Record<string, unknown>);
      expected.set(`/citizens/${place}/${field}`, code);
    }
    assert.equal(expected.size, FAULTS);

    const { status, body } = await sendJson<Problem>('POST', `${service.url}/imports`, { citizens });
    assert.equal(status, 400);
    assert.equal(body.code, 'INVALID_INPUT');
    assert.equal(body.errorCount, FAULTS);
    assert.equal(body.errors?.length, 100);
    for (const { pointer, code } of body.errors ?? []) assert.equal(code, expected.get(pointer), pointer);
    assert.equal(new Set(body.errors?.map(({ pointer }) => pointer)).size, 100, 'each named once');
    assert.equal((await request(`${service.url}/imports/1/citizens`)).status, 404);
  });

  it('counts 180,000 faults and answers few bytes', async () => {
    const citizens = Array.from({ length: 20_000 }, () => ({}));
    const { status, body, text } = await sendJson<Problem>('POST', `${service.url}/imports`, { citizens });
    assert.equal(status, 400);
    assert.equal(body.errorCount, 180_000);
    assert.equal(body.errors?.length, 100);
    assert.ok(text.length < 20_000);
  });

  it('does not repeat keys that are very long', async () => {
    const { status, body, text } = await sendJson<Problem>('POST', `${service.url}/imports`, {
      citizens: [],
      ['k'.repeat(1_000_000)]: 1,
    });
    assert.equal(status, 400);
    assert.equal(body.errors?.[0]?.code, 'UNKNOWN_FIELD');
    assert.ok(text.length < 2_000);
  });
});
