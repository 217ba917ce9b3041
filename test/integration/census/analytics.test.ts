import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { createRandom, makeCitizens } from '../../../app/census/demo/citizens.js';
import { modelBirthdays, modelPercentiles } from '../../support/census/api_model.js';
import { citizen } from '../../support/census/citizens.js';
import { awayFromMidnight, dayFromToday } from '../../support/census/today.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { useService } from '../../support/suite.js';

type Stats = { data: { town: string; p50: number; p75: number; p99: number }[] };
type Birthdays = { data: Record<string, { citizen_id: number; presents: number }[]> };

const MONTHS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];
const LARGEST_ID = Number.MAX_SAFE_INTEGER;

/** DD.MM.YYYY of a citizen of this age today, born on a day that every year has. */
function bornYearsAgo(years: number): string {
  const [, , year] = dayFromToday(0).split('.');
  return `01.01.${String(Number(year) - years).padStart(4, '0')}`;
}

/** The results of numpy.around(numpy.percentile(ages, q, interpolation='linear'), 2) for q = 50, 75 and 99. */
const NUMPY: [why: string, ages: number[], p50: number, p75: number, p99: number][] = [
  ['one citizen', [30], 30, 30, 30],
  ['two citizens', [10, 20], 15, 17.5, 19.9],
  ['three citizens, out of order', [30, 10, 20], 20, 25, 29.8],
  ['the same age for all', [7, 7, 7, 7], 7, 7, 7],
  ['a value that must be rounded', [1, 2, 4, 8, 16, 32], 6, 14, 31.2],
  ['ages from 0 to 100', Array.from({ length: 101 }, (_, age) => age), 50, 75, 99],
  ['two places behind the point', [0, 1, 1, 2, 3, 5, 8, 13, 21, 34], 4, 11.75, 32.83],
];

describe('GET .../citizens/birthdays', () => {
  const service = useService();
  const birthdays = async (importId: number) =>
    (await request<Birthdays>(`${service.url}/imports/${importId}/citizens/birthdays`)).body.data;

  it('has all twelve months, in order, for an import without citizens', async () => {
    const answer = await request(`${service.url}/imports/${await postImport(service.url, [])}/citizens/birthdays`);
    assert.equal(answer.status, 200);
    assert.equal(answer.text, JSON.stringify({ data: Object.fromEntries(MONTHS.map((month) => [month, []])) }));
  });

  it("counts a present in the month of the relative's birthday, not of one's own", async () => {
    const importId = await postImport(service.url, [
      citizen(1, { birth_date: '01.02.1990', relatives: [2] }),
      citizen(2, { birth_date: '30.09.1991', relatives: [1] }),
    ]);
    const data = await birthdays(importId);
    assert.deepEqual(data['9'], [{ citizen_id: 1, presents: 1 }]);
    assert.deepEqual(data['2'], [{ citizen_id: 2, presents: 1 }]);
    for (const month of MONTHS.filter((month) => month !== '2' && month !== '9')) assert.deepEqual(data[month], []);
  });

  it('sums the presents of one citizen in one month, and finds relatives on all twelve', async () => {
    const children = MONTHS.flatMap((month, place) =>
      [0, 1].map((twin) =>
        citizen(10 + 2 * place + twin, { birth_date: `2${twin}.${month.padStart(2, '0')}.2010`, relatives: [1] }),
      ),
    );
    const parent = citizen(1, { birth_date: '29.02.1980', relatives: children.map(({ citizen_id }) => citizen_id) });
    const importId = await postImport(service.url, [parent, ...children]);
    const data = await birthdays(importId);
    assert.deepEqual(Object.keys(data), MONTHS);
    for (const month of MONTHS) {
      const givers = month === '2' ? children.map(({ citizen_id }) => ({ citizen_id, presents: 1 })) : [];
      assert.deepEqual(data[month], [{ citizen_id: 1, presents: 2 }, ...givers]);
    }
  });

  it('follows a change of relatives and of a birth date', async () => {
    const importId = await postImport(service.url, [
      citizen(1, { birth_date: '01.01.1990' }),
      citizen(2, { birth_date: '01.03.1990' }),
    ]);
    await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/1`, { relatives: [2] });
    await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/2`, { birth_date: '31.12.1990' });
    const data = await birthdays(importId);
    assert.deepEqual(data['1'], [{ citizen_id: 2, presents: 1 }]);
    assert.deepEqual(data['3'], []);
    assert.deepEqual(data['12'], [{ citizen_id: 1, presents: 1 }]);
  });

  it('names ids beyond 10^14 to the last digit', async () => {
    const ids = [10 ** 14 + 1, LARGEST_ID - 1, LARGEST_ID];
    const importId = await postImport(
      service.url,
      ids.map((id) => citizen(id, { birth_date: '01.05.1990', relatives: ids.filter((other) => other !== id) })),
    );
    assert.deepEqual(
      (await birthdays(importId))['5'],
      ids.map((citizen_id) => ({ citizen_id, presents: 2 })),
    );
  });

  it('agrees with a count by hand over thousands', async () => {
    const citizens = makeCitizens(4000, 3000, 11);
    assert.deepEqual(await birthdays(await postImport(service.url, citizens)), modelBirthdays(citizens));
  });
});

describe('GET .../towns/stat/percentile/age', () => {
  const service = useService();
  const percentiles = async (importId: number) =>
    (await request<Stats>(`${service.url}/imports/${importId}/towns/stat/percentile/age`)).body.data;
  const ofAges = (town: string, ages: readonly number[], firstId = 1) =>
    ages.map((age, place) => citizen(firstId + place, { town, birth_date: bornYearsAgo(age) }));

  it('is an empty list for an import without citizens', async () => {
    const importId = await postImport(service.url, []);
    const answer = await request(`${service.url}/imports/${importId}/towns/stat/percentile/age`);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { data: [] });
  });

  for (const [why, ages, p50, p75, p99] of NUMPY) {
    it(`is what numpy answers for ${why}`, async () => {
      await awayFromMidnight();
      // Citizens are born on 1 January; on that day itself one of age 0 would be born today, which is refused.
      const shift = dayFromToday(0).startsWith('01.01.') ? 1 : 0;
      const importId = await postImport(
        service.url,
        ofAges(
          'Москва',
          ages.map((age) => age + shift),
        ),
      );
      assert.deepEqual(await percentiles(importId), [
        { town: 'Москва', p50: p50 + shift, p75: p75 + shift, p99: p99 + shift },
      ]);
    });
  }

  it('counts full years: a birthday today makes a year older, one tomorrow does not yet', async () => {
    await awayFromMidnight();
    const ageOf = async (birthDate: string) => {
      const importId = await postImport(service.url, [citizen(1, { birth_date: birthDate })]);
      return (await percentiles(importId))[0]?.p50;
    };
    const inYear = (days: number, yearsAgo: number) => {
      const [day, month, year] = dayFromToday(days).split('.');
      const date = `${day}.${month}.${Number(year) - yearsAgo}`;
      // Most years have no 29 February; the test uses the day before, which has the same neighbours.
      return date.startsWith('29.02.') ? `28.02.${Number(year) - yearsAgo}` : date;
    };
    assert.equal(await ageOf(dayFromToday(-1)), 0);
    assert.equal(await ageOf(inYear(0, 40)), 40);
    assert.equal(await ageOf(inYear(-1, 40)), 40);
    if (!dayFromToday(1).startsWith('29.02.')) assert.equal(await ageOf(inYear(1, 40)), 39);
  });

  it('takes towns for the same only when they are equal to the last character', async () => {
    const towns = [
      'Москва',
      'москва',
      'Москва ',
      ' Москва',
      'Мо\u0441ква\u0000',
      'Моcква',
      'Й',
      'И\u0306',
      '__proto__',
      '1',
      '01',
    ];
    const importId = await postImport(
      service.url,
      towns.flatMap((town, place) => [citizen(2 * place, { town }), citizen(2 * place + 1, { town })]),
    );
    assert.deepEqual((await percentiles(importId)).map(({ town }) => town).sort(), [...towns].sort());
  });

  it('drops a town with its last citizen and adds one with its first', async () => {
    const importId = await postImport(service.url, [citizen(1, { town: 'А' }), citizen(2, { town: 'Б' })]);
    await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/1`, { town: 'В' });
    assert.deepEqual(
      (await percentiles(importId)).map(({ town }) => town),
      ['Б', 'В'],
    );
  });

  it('agrees with numpy written out, over thousands of citizens of all ages and towns of all sizes', async () => {
    await awayFromMidnight();
    const random = createRandom(21);
    const citizens = makeCitizens(4000, 0, 21).map((one) => ({ ...one, town: `Т${Math.floor(random() ** 3 * 200)}` }));
    assert.deepEqual(await percentiles(await postImport(service.url, citizens)), modelPercentiles(citizens));
  });
});

// At any hour, one of the two zones has another date than UTC.
for (const zone of ['Pacific/Kiritimati', 'America/Adak']) {
  describe(`with TZ=${zone}`, () => {
    const service = useService({ env: { TZ: zone } });

    it('today is still the date in UTC, for birth dates and for ages', async () => {
      await awayFromMidnight();
      const post = (days: number) =>
        sendJson<Problem>('POST', `${service.url}/imports`, {
          citizens: [citizen(1, { birth_date: dayFromToday(days) })],
        });
      assert.equal((await post(-1)).status, 201);
      assert.equal((await post(0)).status, 400);
      const citizens: Citizen[] = [-2, -1, 0, 1, 2].map((days, place) => {
        const [day, month, year] = dayFromToday(days).split('.');
        const isLeapDay = day === '29' && month === '02';
        return citizen(place, {
          town: `Т${place}`,
          birth_date: `${isLeapDay ? 28 : day}.${month}.${Number(year) - 20}`,
        });
      });
      const importId = await postImport(service.url, citizens);
      const answer = await request<Stats>(`${service.url}/imports/${importId}/towns/stat/percentile/age`);
      assert.deepEqual(answer.body.data, modelPercentiles(citizens));
    });
  });
}
