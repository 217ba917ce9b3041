import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { parseBirthDate } from '../../../../app/calendar.js';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { citizen } from '../../../support/census/citizens.js';
import { type Problem, postImport, request } from '../../../support/http/http.js';
import { runs } from '../../../support/random.js';
import { useService } from '../../../support/suite.js';

const TOWNS = ['Москва', 'москва', 'Москва ', 'Й', 'И\u0306', 'a&=?+%'];
const NAMES = ['Иван', 'Иванов', 'иван', '\u0000x', '😀 Я', '😁'];
const DAYS = ['01.01.1900', '29.02.2000', '31.12.1999', '01.01.2000'];

const citizens = fc.array(
  fc.record({
    town: fc.constantFrom(...TOWNS),
    name: fc.constantFrom(...NAMES),
    birth_date: fc.constantFrom(...DAYS),
    gender: fc.constantFrom('male' as const, 'female' as const),
  }),
  { maxLength: 60 },
);
const filter = fc.record(
  {
    town: fc.constantFrom(...TOWNS, 'x'),
    name_prefix: fc.constantFrom('И', 'Иван', 'и', '😀', '\u0000', 'x'),
    born_from: fc.constantFrom(...DAYS),
    born_to: fc.constantFrom(...DAYS),
    gender: fc.constantFrom('male', 'female'),
  },
  { requiredKeys: [] },
);
type Filter = { [Name in 'town' | 'name_prefix' | 'born_from' | 'born_to' | 'gender']?: string | undefined };

/** A naive implementation of the filter. */
function fits(one: Citizen, { town, name_prefix, born_from, born_to, gender }: Filter): boolean {
  const day = (text: string) => parseBirthDate(text) as number;
  return (
    (town === undefined || one.town === town) &&
    (name_prefix === undefined || one.name.startsWith(name_prefix)) &&
    (born_from === undefined || day(one.birth_date) >= day(born_from)) &&
    (born_to === undefined || day(one.birth_date) <= day(born_to)) &&
    (gender === undefined || one.gender === gender)
  );
}

function byId(list: readonly Citizen[]): Citizen[] {
  return list.toSorted((a, b) => a.citizen_id - b.citizen_id);
}

describe('the list with filters', () => {
  const service = useService();

  /** Reads all pages by the Link header. */
  async function findAll(importId: number, asked: Filter, limit: number): Promise<Citizen[]> {
    const query = new URLSearchParams({ ...(asked as Record<string, string>), limit: String(limit) });
    let path = `/imports/${importId}/citizens?${query}`;
    const found: Citizen[] = [];
    for (;;) {
      const { status, body, headers, text } = await request<{ data: Citizen[]; next_cursor: string | null }>(
        service.url + path,
      );
      assert.equal(status, 200, text);
      assert.ok(body.data.length <= limit);
      found.push(...body.data);
      const link = /^<([^>]+)>; rel="next"$/.exec(headers.get('Link') ?? '')?.[1];
      assert.equal(link === undefined, body.next_cursor === null);
      if (link === undefined) return found;
      path = link;
    }
  }

  it('gives what a plain filter of the whole list gives, each citizen once, whatever the pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        citizens,
        fc.array(filter, { minLength: 1, maxLength: 6 }),
        fc.nat(12),
        async (people, asked, n) => {
          const all = people.map((fields, place) => citizen(place, fields));
          const importId = await postImport(service.url, all);
          for (const one of asked.filter((each) => Object.keys(each).length > 0)) {
            const found = await findAll(importId, one, n + 1);
            assert.deepEqual(
              byId(found),
              all.filter((each) => fits(each, one)),
              JSON.stringify(one),
            );
          }
        },
      ),
      runs(30),
    );
  });

  describe('of one import', () => {
    let url: string;
    before(async () => {
      url = `${service.url}/imports/${await postImport(service.url, [citizen(1), citizen(2)])}/citizens`;
    });

    for (const [query, pointer, code] of [
      ['town=', '/query/town', 'TOO_SHORT'],
      [`town=${'x'.repeat(257)}`, '/query/town', 'TOO_LONG'],
      ['name_prefix=', '/query/name_prefix', 'TOO_SHORT'],
      ['gender=other', '/query/gender', 'NOT_ALLOWED'],
      ['born_from=2000-01-01', '/query/born_from', 'WRONG_FORM'],
      ['born_to=30.02.2000', '/query/born_to', 'NO_SUCH_DATE'],
      ['town=a&town=b', '/query/town', 'NOT_ALLOWED'],
      ['gender=male&limit=0', '/query/limit', 'OUT_OF_RANGE'],
      ['gender=male&cursor=x', '/query/cursor', 'WRONG_FORM'],
    ] as const) {
      it(`is refused with ${query.slice(0, 40)}: ${code}`, async () => {
        const { status, body } = await request<Problem>(`${url}?${query}`);
        assert.deepEqual([status, body.errors?.map((error) => [error.pointer, error.code])], [400, [[pointer, code]]]);
      });
    }

    it('comes as CSV and lines too, and is not sent again while nothing changed', async () => {
      const csv = await request(`${url}?gender=male&limit=1`, { headers: { Accept: 'text/csv' } });
      assert.match(csv.text, /^citizen_id,/);
      const again = { Accept: 'text/csv', 'If-None-Match': csv.headers.get('ETag') as string };
      assert.equal((await request(`${url}?gender=male&limit=1`, { headers: again })).status, 304);
      assert.equal((await request(`${url}?gender=female&limit=1`, { headers: again })).status, 200);
    });
  });
});
