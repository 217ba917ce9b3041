import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { citizen, listCitizens } from '../../../support/census/citizens.js';
import { awayFromMidnight, dayFromToday } from '../../../support/census/today.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

const LARGEST_ID = Number.MAX_SAFE_INTEGER;
const letters = (count: number, letter = 'ж') => letter.repeat(count);

/** The faults as [pointer, code]. */
type Fault = [pointer: string, code: string];
type Refused = [why: string, sent: unknown, faults: Fault[]];

/** One citizen with a field replaced, or removed if undefined. */
function withField(field: string, value: unknown): unknown {
  return { citizens: [{ ...citizen(1), [field]: value }] };
}

const people = (...citizens: unknown[]) => ({ citizens });

const TEXT_FAULTS: Refused[] = ['town', 'street', 'building'].flatMap((field): Refused[] => [
  [`${field} of signs only`, withField(field, ' -_.!№'), [[`/citizens/0/${field}`, 'WRONG_FORM']]],
  [`${field} that is a blank`, withField(field, ' '), [[`/citizens/0/${field}`, 'WRONG_FORM']]],
  [`${field} that is U+0000`, withField(field, '\u0000'), [[`/citizens/0/${field}`, 'WRONG_FORM']]],
]);

const ANY_TEXT_FAULTS: Refused[] = ['town', 'street', 'building', 'name'].flatMap((field): Refused[] => [
  [`${field} that is empty`, withField(field, ''), [[`/citizens/0/${field}`, 'TOO_SHORT']]],
  [`${field} of 257 characters`, withField(field, letters(257)), [[`/citizens/0/${field}`, 'TOO_LONG']]],
  [
    `${field} of 257 characters outside the BMP`,
    withField(field, letters(257, '𝕏')),
    [[`/citizens/0/${field}`, 'TOO_LONG']],
  ],
  [`${field} that is a number`, withField(field, 7), [[`/citizens/0/${field}`, 'WRONG_TYPE']]],
]);

const NUMBER_FAULTS: Refused[] = ['citizen_id', 'apartment'].flatMap((field): Refused[] => [
  [`${field} below 0`, withField(field, -1), [[`/citizens/0/${field}`, 'OUT_OF_RANGE']]],
  [`${field} that is a fraction`, withField(field, 1.5), [[`/citizens/0/${field}`, 'WRONG_TYPE']]],
  [`${field} of 2^53`, withField(field, 2 ** 53), [[`/citizens/0/${field}`, 'OUT_OF_RANGE']]],
  [`${field} that is a text`, withField(field, '1'), [[`/citizens/0/${field}`, 'WRONG_TYPE']]],
  [`${field} that is a truth value`, withField(field, true), [[`/citizens/0/${field}`, 'WRONG_TYPE']]],
]);

const DATE_FAULTS: Refused[] = (
  [
    ['with one digit for the day', '1.01.2000', 'WRONG_FORM'],
    ['in ISO order', '2000-01-31', 'WRONG_FORM'],
    ['with a blank in front', ' 01.01.2000', 'WRONG_FORM'],
    ['with a line end behind', '01.01.2000\n', 'WRONG_FORM'],
    ['with digits that are not ASCII', '٠١.٠١.٢٠٠٠', 'WRONG_FORM'],
    ['with a sign for the day', '+1.01.2000', 'WRONG_FORM'],
    ['of five digits for the year', '01.01.12000', 'WRONG_FORM'],
    ['on the 31st of April', '31.04.2000', 'NO_SUCH_DATE'],
    ['on 29 February of a common year', '29.02.2001', 'NO_SUCH_DATE'],
    ['on 29 February of 1900, which is no leap year', '29.02.1900', 'NO_SUCH_DATE'],
    ['in month 13', '01.13.2000', 'NO_SUCH_DATE'],
    ['in month 0', '01.00.2000', 'NO_SUCH_DATE'],
    ['on day 0', '00.01.2000', 'NO_SUCH_DATE'],
    ['in the year 0', '01.01.0000', 'NO_SUCH_DATE'],
    ['in the year 9999', '31.12.9999', 'NOT_IN_THE_PAST'],
  ] as const
).map(([why, date, code]) => [`birth_date ${why}`, withField('birth_date', date), [['/citizens/0/birth_date', code]]]);

const RELATIVES_FAULTS: Refused[] = [
  ['relatives that are no list', withField('relatives', {}), [['/citizens/0/relatives', 'WRONG_TYPE']]],
  ['a relative that is a text', withField('relatives', ['2']), [['/citizens/0/relatives/0', 'WRONG_TYPE']]],
  ['a relative that is null', withField('relatives', [null]), [['/citizens/0/relatives/0', 'WRONG_TYPE']]],
  ['a relative below 0', withField('relatives', [-2]), [['/citizens/0/relatives/0', 'OUT_OF_RANGE']]],
  ['oneself', withField('relatives', [1]), [['/citizens/0/relatives/0', 'SELF_RELATIVE']]],
  ['a relative nobody has for id', withField('relatives', [2]), [['/citizens/0/relatives/0', 'UNKNOWN_RELATIVE']]],
  [
    'a relative listed twice',
    people(citizen(1, { relatives: [2, 2] }), citizen(2, { relatives: [1] })),
    [['/citizens/0/relatives/1', 'DUPLICATE_RELATIVE']],
  ],
  [
    'a relative that does not list back',
    people(citizen(1), citizen(2, { relatives: [1] })),
    [['/citizens/1/relatives/0', 'ONE_SIDED_RELATIVE']],
  ],
  [
    'ids that differ from the 53rd bit on only',
    people(
      citizen(LARGEST_ID, { relatives: [1] }),
      citizen(LARGEST_ID - 1),
      citizen(1, { relatives: [LARGEST_ID - 1] }),
    ),
    [
      ['/citizens/0/relatives/0', 'ONE_SIDED_RELATIVE'],
      ['/citizens/2/relatives/0', 'ONE_SIDED_RELATIVE'],
    ],
  ],
];

const FIELDS = Object.keys(citizen(1)) as (keyof Citizen)[];

const REFUSED: Refused[] = [
  ['a list instead of an object', [], [['', 'WRONG_TYPE']]],
  ['null', null, [['', 'WRONG_TYPE']]],
  ['a text', 'citizens', [['', 'WRONG_TYPE']]],
  ['an object without citizens', {}, [['/citizens', 'REQUIRED']]],
  ['citizens that are an object', { citizens: {} }, [['/citizens', 'WRONG_TYPE']]],
  ['citizens that are null', { citizens: null }, [['/citizens', 'WRONG_TYPE']]],
  ['an unknown field beside citizens', { citizens: [], 'a/b~c': 1 }, [['/a~1b~0c', 'UNKNOWN_FIELD']]],
  ['a citizen that is null', people(null), [['/citizens/0', 'WRONG_TYPE']]],
  ['a citizen that is a list', people(citizen(1), []), [['/citizens/1', 'WRONG_TYPE']]],
  ['an unknown field of a citizen', withField('age', 30), [['/citizens/0/age', 'UNKNOWN_FIELD']]],
  ['a field named like a method', withField('toString', 1), [['/citizens/0/toString', 'UNKNOWN_FIELD']]],
  ['a gender that is neither', withField('gender', 'Male'), [['/citizens/0/gender', 'NOT_ALLOWED']]],
  ['one id for two citizens', people(citizen(1), citizen(1)), [['/citizens/1/citizen_id', 'DUPLICATE_CITIZEN_ID']]],
  ...FIELDS.map(
    (field): Refused => [`no ${field}`, withField(field, undefined), [[`/citizens/0/${field}`, 'REQUIRED']]],
  ),
  ...TEXT_FAULTS,
  ...ANY_TEXT_FAULTS,
  ...NUMBER_FAULTS,
  ...DATE_FAULTS,
  ...RELATIVES_FAULTS,
];

const ACCEPTED: [why: string, changes: Partial<Citizen>][] = [
  ['a name that is one blank', { name: ' ' }],
  ['a name with U+0000 in front, within and behind', { name: '\u0000И\u0000\u0000' }],
  ['a name that is U+0000 alone', { name: '\u0000' }],
  ['a name of control characters', { name: '\t\r\n\u0001\u001f\u007f\u0085\u2028\u2029' }],
  ['a name with a byte order mark in front', { name: '\ufeffИван' }],
  ['a name that is not normalized (NFD), which stays so', { name: 'И\u0306 e\u0301' }],
  ['a name of quotes and backslashes', { name: '"\\"\\u0000\\\'/</script>' }],
  ['a name written from right to left', { name: '\u202eשלום مرحبا' }],
  ['a name of noncharacters and the last code point', { name: '\ufffe\uffff\u{10ffff}' }],
  ['a name of U+FFFD, which other decoders make of broken bytes', { name: '\ufffd' }],
  ['a family of emoji', { name: '👨‍👩‍👧‍👦' }],
  ['256 characters outside the BMP, 512 units of UTF-16', { name: letters(256, '𝕏'), town: letters(256, '𐐷') }],
  ['256 characters of three bytes', { street: letters(256, '漢'), building: letters(256, 'ࠀ'.normalize()) }],
  ['towns of one letter and one digit', { town: 'Ы', street: '7', building: '٣' }],
  ['a letter among signs', { town: '--!я!--', street: '_1_', building: '\u0000б' }],
  ['towns that JavaScript could stumble over', { town: '__proto__', street: 'constructor', building: 'null' }],
  ['the smallest numbers', { citizen_id: 0, apartment: 0 }],
  ['the largest numbers', { citizen_id: LARGEST_ID, apartment: LARGEST_ID }],
  ['the first day of the calendar', { birth_date: '01.01.0001' }],
  ['29 February of a leap year', { birth_date: '29.02.2000' }],
  ['29 February of the year 4', { birth_date: '29.02.0004' }],
];

describe('POST /imports', () => {
  const service = useService();
  const post = (body: unknown) => sendJson<Problem>('POST', `${service.url}/imports`, body);

  it('answers 201 and nothing but the id, which is a positive integer', async () => {
    const answer = await sendJson('POST', `${service.url}/imports`, people(citizen(1)));
    const { data } = answer.body as { data: { import_id: number } };
    assert.equal(answer.status, 201);
    assert.match(answer.headers.get('Content-Type') ?? '', /^application\/json/);
    assert.deepEqual(answer.body, { data: { import_id: data.import_id } });
    assert.ok(Number.isSafeInteger(data.import_id) && data.import_id >= 1);
  });

  it('stores an import without citizens', async () => {
    const importId = await postImport(service.url, []);
    assert.deepEqual(await listCitizens(service.url, importId), []);
  });

  it('keeps imports apart that hold the same ids', async () => {
    const first = await postImport(service.url, [citizen(1, { name: 'первый' })]);
    const second = await postImport(service.url, [citizen(1, { name: 'второй' }), citizen(2)]);
    await sendJson('PATCH', `${service.url}/imports/${second}/citizens/1`, { relatives: [2] });
    assert.deepEqual(await listCitizens(service.url, first), [citizen(1, { name: 'первый' })]);
    assert.equal((await listCitizens(service.url, second))[0]?.name, 'второй');
  });

  describe('gives back untouched', () => {
    for (const [why, changes] of ACCEPTED) {
      it(why, async () => {
        const sent = citizen(5, changes);
        const importId = await postImport(service.url, [sent]);
        assert.deepEqual(await listCitizens(service.url, importId), [sent]);
      });
    }
  });

  it('takes a birth date of yesterday in UTC and refuses today and tomorrow', async () => {
    await awayFromMidnight();
    for (const [days, status] of [
      [-1, 201],
      [0, 400],
      [1, 400],
    ] as const) {
      const answer = await post(withField('birth_date', dayFromToday(days)));
      assert.equal(answer.status, status, `${days} days from today`);
      if (status === 400) assert.equal(answer.body.errors?.[0]?.code, 'NOT_IN_THE_PAST');
    }
  });

  it('takes 1.0, 1e0 and -0 for the integers that they are, in any order of fields and with any blanks', async () => {
    const body = `{ "citizens" : [ {"relatives":[2.0], "gender":"male", "birth_date":"01.02.2000", "name":"А",
      "apartment":-0, "building":"1", "street":"1", "town":"Т", "citizen_id":1.0},\r\n\t
      {"citizen_id":20E-1,"town":"Т","street":"1","building":"1","apartment":1e2,"name":"Б","birth_date":"01.02.2000",
      "gender":"female","relatives":[1e0]} ] }\n`;
    const answer = await request<{ data: { import_id: number } }>(`${service.url}/imports`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    assert.equal(answer.status, 201, answer.text);
    const text = await request(`${service.url}/imports/${answer.body.data.import_id}/citizens`);
    assert.match(text.text, /"citizen_id":1,.*"apartment":0,.*"relatives":\[2\]/);
    assert.match(text.text, /"citizen_id":2,.*"apartment":100,.*"relatives":\[1\]/);
  });

  it('keeps ids beyond 10^14 apart, as relatives too', async () => {
    const ids = [0, 10 ** 14, 10 ** 14 + 1, 2 ** 52 + 1, LARGEST_ID - 1, LARGEST_ID];
    const citizens = ids.map((id) => citizen(id, { relatives: ids.filter((other) => other !== id) }));
    const importId = await postImport(service.url, citizens);
    assert.deepEqual(await listCitizens(service.url, importId), citizens);
  });

  it('keeps a citizen with thousands of relatives, each of which lists it back', async () => {
    const others = Array.from({ length: 3000 }, (_, place) => citizen(place + 2, { relatives: [1] }));
    const citizens = [citizen(1, { relatives: others.map(({ citizen_id }) => citizen_id) }), ...others];
    const importId = await postImport(service.url, citizens);
    assert.deepEqual(await listCitizens(service.url, importId), citizens);
  });

  describe('refuses, naming the fault', () => {
    // The next id shows how many ids the refused imports used; these answer 404.
    let firstId: number;
    before(async () => {
      firstId = await postImport(service.url, []);
    });

    for (const [why, sent, faults] of REFUSED) {
      it(why, async () => {
        const { status, body, headers } = await post(sent);
        assert.equal(status, 400);
        assert.equal(headers.get('Content-Type'), 'application/problem+json');
        assert.equal(body.code, 'INVALID_INPUT');
        assert.deepEqual(
          body.errors?.map(({ pointer, code }) => [pointer, code]),
          faults,
        );
        assert.equal(body.errorCount, faults.length);
      });
    }

    for (const field of FIELDS) {
      it(`null for ${field}`, async () => {
        const { status, body } = await post(withField(field, null));
        assert.equal(status, 400);
        assert.equal(body.errors?.[0]?.pointer, `/citizens/0/${field}`);
      });
    }

    // Text that JSON.stringify would not write.
    for (const [why, from, to, fault] of [
      [
        'half of a surrogate pair, which no UTF-8 could give back',
        '"а"',
        '"\\ud800"',
        '/citizens/0/name LONE_SURROGATE',
      ],
      [
        'a key __proto__ as any other unknown field',
        '"name"',
        '"__proto__":{},"name"',
        '/citizens/0/__proto__ UNKNOWN_FIELD',
      ],
    ] as const) {
      it(why, async () => {
        const answer = await request<Problem>(`${service.url}/imports`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(withField('name', 'а')).replace(from, to),
        });
        assert.equal(answer.status, 400);
        assert.deepEqual(
          answer.body.errors?.map(({ pointer, code }) => `${pointer} ${code}`),
          [fault],
        );
      });
    }

    it('a fault in one citizen of many, and stores none of the others', async () => {
      const others = Array.from({ length: 3000 }, (_, place) => citizen(place + 1));
      const { status, body } = await post(people(...others, { ...citizen(5000), gender: 'none' }));
      assert.equal(status, 400);
      assert.deepEqual(
        body.errors?.map(({ pointer }) => pointer),
        ['/citizens/3000/gender'],
      );
    });

    it('and of all that was refused here nothing can be read', async () => {
      const lastId = await postImport(service.url, []);
      for (let importId = firstId + 1; importId < lastId; importId++) {
        const { status } = await request(`${service.url}/imports/${importId}/citizens`);
        assert.equal(status, 404, `import ${importId}`);
      }
    });
  });

  it('names both records when relatives do not match', async () => {
    const { body } = await post(people(citizen(9), citizen(5, { relatives: [9] })));
    assert.equal(body.errors?.[0]?.pointer, '/citizens/1/relatives/0');
    assert.equal(body.errors?.[0]?.peer, '/citizens/0/relatives');
    assert.match(body.errors?.[0]?.detail ?? '', /citizen 9 does not list 5 back/);
  });
});
