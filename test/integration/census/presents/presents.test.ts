import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { citizen } from '../../../support/census/citizens.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

describe('presents', () => {
  const service = useService();
  let importUrl: string;
  before(async () => {
    const importId = await postImport(service.url, [
      citizen(1, { relatives: [2, 3], birth_date: '01.02.1990', town: 'Москва' }),
      citizen(2, { relatives: [1], birth_date: '01.04.1990', town: 'Керчь' }),
      citizen(3, { relatives: [1], birth_date: '01.04.1990', name: 'О"Коннор, Иван', town: 'Москва' }),
    ]);
    importUrl = `${service.url}/imports/${importId}`;
  });

  it('come as CSV and as lines of JSON', async () => {
    const csv = await request(`${importUrl}/presents?group_by=citizen`, { headers: { Accept: 'text/csv' } });
    const [header, ...rows] = parse(csv.text) as string[][];
    assert.deepEqual(header, ['citizen_id', 'name', 'town', 'presents']);
    assert.deepEqual(
      rows.map(([id, name, , presents]) => [id, name, presents]),
      [
        ['1', citizen(1).name, '2'],
        ['2', citizen(2).name, '1'],
        ['3', 'О"Коннор, Иван', '1'],
      ],
    );
    const lines = await request(`${importUrl}/presents?group_by=month&town=${encodeURIComponent('Керчь')}`, {
      headers: { Accept: 'application/x-ndjson' },
    });
    const months = lines.text.trimEnd().split('\n');
    assert.equal(months.length, 12);
    assert.equal(months[1], '{"month":2,"presents":1,"givers":1}');
    assert.equal(months[3], '{"month":4,"presents":0,"givers":0}');
  });

  it('are not sent again while nothing changed, and tell the version that they are of', async () => {
    for (const query of [
      '',
      '?group_by=citizen',
      `?town=${encodeURIComponent('Керчь')}`,
      '?group_by=citizen&limit=1',
    ]) {
      const { headers } = await request(`${importUrl}/presents${query}`);
      const known = { 'If-None-Match': headers.get('ETag') as string };
      assert.equal((await request(`${importUrl}/presents${query}`, { headers: known })).status, 304);
      const { headers: changed } = await sendJson('PATCH', `${importUrl}/citizens/2`, { town: 'Керчь' });
      const again = await request(`${importUrl}/presents${query}`, { headers: known });
      assert.equal(again.status, 200);
      assert.equal(again.headers.get('X-Data-Version'), changed.get('X-Data-Version'));
    }
  });

  for (const [query, pointer, code] of [
    ['group_by=town', '/query/group_by', 'NOT_ALLOWED'],
    ['group_by=citizen&limit=0', '/query/limit', 'OUT_OF_RANGE'],
    ['group_by=citizen&limit=1001', '/query/limit', 'OUT_OF_RANGE'],
    ['limit=5', '/query/limit', 'NOT_ALLOWED'],
    ['town=', '/query/town', 'TOO_SHORT'],
    ['town=a&town=b', '/query/town', 'NOT_ALLOWED'],
  ] as const) {
    it(`are refused with ${query}: ${code}`, async () => {
      const { status, body } = await request<Problem>(`${importUrl}/presents?${query}`);
      assert.deepEqual([status, body.errors?.map((error) => [error.pointer, error.code])], [400, [[pointer, code]]]);
    });
  }

  it('of an import that is not are not found', async () => {
    for (const query of ['', '?town=x', '?group_by=citizen']) {
      const { status, body } = await request<Problem>(`${service.url}/imports/999999/presents${query}`);
      assert.deepEqual([status, body.code], [404, 'IMPORT_NOT_FOUND']);
    }
  });
});
