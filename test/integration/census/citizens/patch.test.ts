import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { citizen, listCitizens, relativesFaults } from '../../../support/census/citizens.js';
import { awayFromMidnight, dayFromToday } from '../../../support/census/today.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

const LARGEST_ID = Number.MAX_SAFE_INTEGER;

const CHANGES: [why: string, changes: Partial<Citizen>][] = [
  ['the town', { town: 'Керчь' }],
  ['the street', { street: 'Садовая' }],
  ['the building', { building: '7/2 лит. А' }],
  ['the apartment, to 0', { apartment: 0 }],
  ['the apartment, to the largest there is', { apartment: LARGEST_ID }],
  ['the name, to U+0000 and blanks', { name: '\u0000 \u0000' }],
  ['the name, to 256 characters outside the BMP', { name: '𝕏'.repeat(256) }],
  ['the name, to one with a byte order mark in front', { name: '\ufeffИ' }],
  ['the birth date, to the first day there is', { birth_date: '01.01.0001' }],
  ['the gender', { gender: 'female' }],
  ['the relatives', { relatives: [3, 2] }],
  [
    'all fields at once',
    {
      town: 'Т',
      street: '1',
      building: '2',
      apartment: 3,
      name: '4',
      birth_date: '29.02.2000',
      gender: 'female',
      relatives: [3],
    },
  ],
];

type Refused = [why: string, body: unknown, faults: [pointer: string, code: string][]];

const REFUSED: Refused[] = [
  ['an empty object', {}, [['', 'EMPTY']]],
  ['a list', [], [['', 'WRONG_TYPE']]],
  ['null', null, [['', 'WRONG_TYPE']]],
  ['a number', 5, [['', 'WRONG_TYPE']]],
  ['citizen_id', { citizen_id: 1 }, [['/citizen_id', 'READ_ONLY']]],
  ['citizen_id beside a valid field', { town: 'Т', citizen_id: 2 }, [['/citizen_id', 'READ_ONLY']]],
  ['an unknown field', { town: 'Т', age: 1 }, [['/age', 'UNKNOWN_FIELD']]],
  ['a town of blanks', { town: '  ' }, [['/town', 'WRONG_FORM']]],
  ['a name of 257 characters', { name: 'и'.repeat(257) }, [['/name', 'TOO_LONG']]],
  ['a day that does not exist', { birth_date: '31.02.2000' }, [['/birth_date', 'NO_SUCH_DATE']]],
  ['oneself as a relative', { town: 'Т', relatives: [1] }, [['/relatives/0', 'SELF_RELATIVE']]],
  ['a relative listed twice', { relatives: [2, 3, 2] }, [['/relatives/2', 'DUPLICATE_RELATIVE']]],
  [
    'relatives that nobody has for ids, among those that somebody has',
    { town: 'Т', relatives: [3, 77, 2, 2 ** 52 + 1] },
    [
      ['/relatives/1', 'UNKNOWN_RELATIVE'],
      ['/relatives/3', 'UNKNOWN_RELATIVE'],
    ],
  ],
  [
    'several faults, each named',
    { apartment: -1, gender: 'x' },
    [
      ['/apartment', 'OUT_OF_RANGE'],
      ['/gender', 'NOT_ALLOWED'],
    ],
  ],
];

describe('PATCH /imports/{import_id}/citizens/{citizen_id}', () => {
  const service = useService();
  const patch = (importId: number, id: number | string, changes: unknown) =>
    sendJson<{ data: Citizen } & Problem>('PATCH', `${service.url}/imports/${importId}/citizens/${id}`, changes);
  const relativesIn = async (importId: number) =>
    (await listCitizens(service.url, importId)).map(({ relatives }) => relatives);

  describe('changes, and answers the whole citizen with', () => {
    for (const [why, changes] of CHANGES) {
      it(why, async () => {
        const one = citizen(1, { gender: 'male', relatives: [2] });
        const importId = await postImport(service.url, [one, citizen(2, { relatives: [1] }), citizen(3)]);
        const answer = await patch(importId, 1, changes);
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.body, { data: { ...one, ...changes } });
        const list = await listCitizens(service.url, importId);
        assert.deepEqual(list[0], { ...one, ...changes });
        assert.deepEqual(relativesFaults(list), []);
      });
    }
  });

  describe('refuses and changes nothing:', () => {
    for (const [why, body, faults] of REFUSED) {
      it(why, async () => {
        const citizens = [citizen(1, { relatives: [2] }), citizen(2, { relatives: [1] }), citizen(3)];
        const importId = await postImport(service.url, citizens);
        const answer = await patch(importId, 1, body);
        assert.equal(answer.status, 400);
        assert.equal(answer.body.code, 'INVALID_INPUT');
        assert.deepEqual(
          answer.body.errors?.map(({ pointer, code }) => [pointer, code]),
          faults,
        );
        assert.equal(answer.body.errorCount, faults.length);
        assert.deepEqual(await listCitizens(service.url, importId), citizens);
      });
    }

    for (const field of Object.keys(citizen(1))) {
      it(`null for ${field}`, async () => {
        const importId = await postImport(service.url, [citizen(1)]);
        const answer = await patch(importId, 1, { [field]: null });
        assert.equal(answer.status, 400);
        assert.equal(answer.body.errors?.[0]?.pointer, `/${field}`);
        assert.deepEqual(await listCitizens(service.url, importId), [citizen(1)]);
      });
    }

    it('300 relatives that nobody has for ids: 100 are named, all are counted', async () => {
      const importId = await postImport(service.url, [citizen(1)]);
      const answer = await patch(importId, 1, { relatives: Array.from({ length: 300 }, (_, place) => place + 10) });
      assert.equal(answer.status, 400);
      assert.equal(answer.body.errors?.length, 100);
      assert.equal(answer.body.errorCount, 300);
    });

    for (const [field, text, code] of [
      ['apartment', '0.99999999999999999', 'WRONG_TYPE'],
      ['apartment', '1e-400', 'WRONG_TYPE'],
      ['apartment', '9007199254740991.4', 'WRONG_TYPE'],
      ['apartment', '9007199254740993', 'OUT_OF_RANGE'],
      ['apartment', '1e400', 'OUT_OF_RANGE'],
      ['relatives', '[2.00000000000000001]', 'WRONG_TYPE'],
    ] as const) {
      it(`a number that would be changed by reading it: ${text} for ${field}`, async () => {
        const importId = await postImport(service.url, [citizen(1), citizen(2)]);
        const answer = await request<Problem>(`${service.url}/imports/${importId}/citizens/1`, {
          method: 'PATCH',
          headers: { 'Content-Type': 'application/json' },
          body: `{"${field}":${text}}`,
        });
        assert.equal(answer.status, 400);
        assert.deepEqual(
          answer.body.errors?.map(({ pointer, code: told }) => [pointer, told]),
          [[field === 'relatives' ? '/relatives/0' : '/apartment', code]],
        );
        assert.deepEqual(await listCitizens(service.url, importId), [citizen(1), citizen(2)]);
      });
    }

    it('a key __proto__', async () => {
      const importId = await postImport(service.url, [citizen(1)]);
      const answer = await request<Problem>(`${service.url}/imports/${importId}/citizens/1`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json' },
        body: '{"town":"Т","__proto__":{"name":"б"}}',
      });
      assert.equal(answer.status, 400);
      assert.deepEqual(
        answer.body.errors?.map(({ pointer, code }) => [pointer, code]),
        [['/__proto__', 'UNKNOWN_FIELD']],
      );
      assert.deepEqual(await listCitizens(service.url, importId), [citizen(1)]);
    });
  });

  it('takes a birth date of yesterday in UTC and refuses today', async () => {
    await awayFromMidnight();
    const importId = await postImport(service.url, [citizen(1)]);
    assert.equal((await patch(importId, 1, { birth_date: dayFromToday(-1) })).status, 200);
    const today = await patch(importId, 1, { birth_date: dayFromToday(0) });
    assert.equal(today.status, 400);
    assert.equal(today.body.errors?.[0]?.code, 'NOT_IN_THE_PAST');
  });

  it('answers 404 for an import or a citizen that is not there', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    for (const [why, path, code] of [
      ['an unknown import', `${importId + 1000}/citizens/1`, 'IMPORT_NOT_FOUND'],
      ['import 0', '0/citizens/1', 'IMPORT_NOT_FOUND'],
      ['an import that is no number', 'one/citizens/1', 'IMPORT_NOT_FOUND'],
      ['an import below 0', '-1/citizens/1', 'IMPORT_NOT_FOUND'],
      ['an import beyond 2^53', '9007199254740993/citizens/1', 'IMPORT_NOT_FOUND'],
      ['an unknown citizen', `${importId}/citizens/2`, 'CITIZEN_NOT_FOUND'],
      ['the largest id', `${importId}/citizens/${LARGEST_ID}`, 'CITIZEN_NOT_FOUND'],
      ['a citizen that is no number', `${importId}/citizens/1a`, 'CITIZEN_NOT_FOUND'],
      ['a citizen that is a fraction', `${importId}/citizens/1.0`, 'CITIZEN_NOT_FOUND'],
      ['a citizen with an exponent', `${importId}/citizens/1e0`, 'CITIZEN_NOT_FOUND'],
      ['a citizen in hexadecimal', `${importId}/citizens/0x1`, 'CITIZEN_NOT_FOUND'],
      ['a citizen in digits of another alphabet', `${importId}/citizens/%D9%A1`, 'CITIZEN_NOT_FOUND'],
      ['a citizen beyond 2^64', `${importId}/citizens/99999999999999999999999`, 'CITIZEN_NOT_FOUND'],
    ] as const) {
      const answer = await sendJson<Problem>('PATCH', `${service.url}/imports/${path}`, { town: 'Т' });
      assert.equal(answer.status, 404, why);
      assert.equal(answer.body.code, code, why);
    }
  });

  it('keeps relatives two-sided when they are added, removed and exchanged', async () => {
    const importId = await postImport(
      service.url,
      [1, 2, 3, 4].map((id) => citizen(id)),
    );
    await patch(importId, 1, { relatives: [4, 2] });
    assert.deepEqual(await relativesIn(importId), [[4, 2], [1], [], [1]]);
    await patch(importId, 3, { relatives: [2, 1] });
    assert.deepEqual(await relativesIn(importId), [[4, 2, 3], [1, 3], [2, 1], [1]]);
    await patch(importId, 1, { relatives: [3] });
    assert.deepEqual(await relativesIn(importId), [[3], [3], [2, 1], []]);
    await patch(importId, 3, { relatives: [4] });
    assert.deepEqual(await relativesIn(importId), [[], [], [4], [3]]);
  });

  it('takes the same relatives again, in the order that was sent', async () => {
    const importId = await postImport(service.url, [
      citizen(1, { relatives: [2, 3] }),
      citizen(2, { relatives: [1] }),
      citizen(3, { relatives: [1] }),
    ]);
    assert.deepEqual((await patch(importId, 1, { relatives: [3, 2] })).body.data.relatives, [3, 2]);
    assert.deepEqual(await relativesIn(importId), [[3, 2], [1], [1]]);
  });

  it('keeps relatives two-sided among ids from 0 to 2^53-1', async () => {
    const ids = [0, 10 ** 14 - 1, 10 ** 14, 10 ** 15 + 7, LARGEST_ID - 1, LARGEST_ID];
    const importId = await postImport(
      service.url,
      ids.map((id) => citizen(id)),
    );
    for (const id of ids) {
      const others = ids.filter((other) => other !== id);
      const answer = await patch(importId, id, { relatives: others });
      assert.deepEqual(answer.body.data, citizen(id, { relatives: others }));
      assert.deepEqual(relativesFaults(await listCitizens(service.url, importId)), []);
    }
    assert.deepEqual((await patch(importId, LARGEST_ID, { relatives: [] })).body.data.relatives, []);
    assert.deepEqual(await relativesIn(importId), [
      ...ids.slice(0, -1).map((id) => ids.slice(0, -1).filter((other) => other !== id)),
      [],
    ]);
    assert.deepEqual((await patch(importId, 10 ** 14, { relatives: [0, LARGEST_ID] })).body.data.relatives, [
      0,
      LARGEST_ID,
    ]);
    assert.deepEqual(relativesFaults(await listCitizens(service.url, importId)), []);
  });

  it('gives a citizen thousands of relatives and takes them away again', async () => {
    const citizens = Array.from({ length: 3001 }, (_, id) => citizen(id));
    const importId = await postImport(service.url, citizens);
    const others = citizens.slice(1).map(({ citizen_id }) => citizen_id);
    assert.equal((await patch(importId, 0, { relatives: others })).status, 200);
    assert.deepEqual(await relativesIn(importId), [others, ...others.map(() => [0])]);
    assert.equal((await patch(importId, 0, { relatives: [] })).status, 200);
    assert.deepEqual(await listCitizens(service.url, importId), citizens);
  });

  it('holds both of two changes at once that touch different fields', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    for (let round = 0; round < 20; round++) {
      const town = `Т${round}`;
      await Promise.all([patch(importId, 1, { town }), patch(importId, 1, { apartment: round })]);
      const [now] = await listCitizens(service.url, importId);
      assert.deepEqual([now?.town, now?.apartment], [town, round]);
    }
  });

  const hostile: [why: string, changes: object, code: string, errorCount: number][] = [
    [
      'more keys than it looks at',
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, i])),
      'TOO_COMPLEX',
      1,
    ],
    ['more faults than it counts', { relatives: Array.from({ length: 50_000 }, () => '') }, 'WRONG_TYPE', 10_000],
    ['more repeated relatives than it counts', { relatives: new Array(50_000).fill(2) }, 'DUPLICATE_RELATIVE', 10_000],
  ];
  for (const [why, changes, code, errorCount] of hostile) {
    it(`refuses a change that has ${why}`, async () => {
      const importId = await postImport(service.url, [citizen(1), citizen(2)]);
      const answer = await sendJson<Problem>('PATCH', `${service.url}/imports/${importId}/citizens/1`, changes);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.errors?.[0]?.code, code);
      assert.equal(answer.body.errorCount, errorCount);
      assert.deepEqual(await listCitizens(service.url, importId), [citizen(1), citizen(2)]);
    });
  }
});
