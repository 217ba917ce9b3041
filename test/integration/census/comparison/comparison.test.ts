import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { citizen } from '../../../support/census/citizens.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

const CSV = { Accept: 'text/csv' };
const LINES = { Accept: 'application/x-ndjson' };
const NO_IMPORT = 999_999;

type Comparison = {
  data: {
    before: { import_id: number; version: number };
    after: { import_id: number; version: number };
    changed: number;
    same: number;
  };
};

describe('the comparison of two imports', () => {
  const service = useService();
  let first: number;
  let second: number;
  let url: string;
  before(async () => {
    const town = 'Москва';
    const one = (id: number, fields = {}) => citizen(id, { town, ...fields });
    first = await postImport(service.url, [one(1), one(2, { relatives: [3] }), one(3, { relatives: [2] })]);
    const moved = { name: 'О"Коннор, Иван', town: 'Керчь' };
    second = await postImport(service.url, [one(2), one(3, moved), one(4)]);
    url = `${service.url}/imports/${first}/compare/${second}`;
  });

  it('names the versions that it is of, and is not sent again until one of the two changes', async () => {
    const { body, headers } = await request<Comparison>(url);
    for (const { import_id, version } of [body.data.before, body.data.after]) {
      const { body: told } = await request<{ data: { version: number } }>(`${service.url}/imports/${import_id}`);
      assert.equal(told.data.version, version);
    }
    const known = { 'If-None-Match': headers.get('ETag') as string };
    assert.equal((await request(url, { headers: known })).status, 304);
    for (const [importId, citizenId] of [
      [first, 1],
      [second, 4],
    ]) {
      const { headers: now } = await request(url);
      const since = { 'If-None-Match': now.get('ETag') as string };
      await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/${citizenId}`, { apartment: 8 });
      assert.equal((await request(url, { headers: since })).status, 200);
    }
  });

  it('gives towns as CSV and as lines of JSON', async () => {
    const rows = [
      ['Керчь', '0', '1', '1'],
      ['Москва', '3', '2', '-1'],
    ];
    const { text, headers } = await request(`${url}/towns`, { headers: CSV });
    assert.deepEqual(parse(text), [['town', 'before', 'after', 'shift'], ...rows]);
    assert.match(headers.get('Content-Type') ?? '', /^text\/csv/);
    const lines = (await request(`${url}/towns?limit=1`, { headers: LINES })).text;
    assert.equal(lines, '{"town":"Керчь","before":0,"after":1,"shift":1}\n');
    const medians = (await request(`${url}/towns?of=median_age`, { headers: CSV })).text;
    assert.match(medians, /\r\nКерчь,,\d+,\r\n$/, 'no value is an empty field');
  });

  it('gives citizens as CSV and as lines of JSON, whose header Link leads to the next page', async () => {
    const came = await request(`${url}/citizens?kind=came`, { headers: CSV });
    const list = await request(`${service.url}/imports/${second}/citizens`, { headers: CSV });
    const [header, ...rows] = list.text.split('\r\n');
    assert.equal(came.text, `${header}\r\n${rows.find((row) => row.startsWith('4,'))}\r\n`);
    const [changed] = parse((await request(`${url}/citizens?kind=changed`, { headers: CSV })).text, {
      columns: true,
      from: 2,
    });
    const { citizen_id, town_before, town_after, name_after, relatives_before } = changed as Record<string, string>;
    const told = [citizen_id, town_before, town_after, name_after, relatives_before];
    assert.deepEqual(told, ['3', 'Москва', 'Керчь', 'О"Коннор, Иван', '2']);
    const page = await request(`${url}/citizens?limit=1`, { headers: LINES });
    assert.equal(JSON.parse(page.text).citizen_id, 2);
    const next = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('Link') ?? '')?.[1];
    const last = await request(service.url + next, { headers: LINES });
    assert.equal(JSON.parse(last.text).citizen_id, 3);
    assert.equal(last.headers.get('Link'), null);
  });

  for (const [path, pointer, code] of [
    ['?limit=0', '/query/limit', 'OUT_OF_RANGE'],
    ['?limit=1001', '/query/limit', 'OUT_OF_RANGE'],
    ['/towns?limit=10001', '/query/limit', 'OUT_OF_RANGE'],
    ['/towns?of=age', '/query/of', 'NOT_ALLOWED'],
    ['/citizens?kind=same', '/query/kind', 'NOT_ALLOWED'],
    ['/citizens?kind=came&kind=went', '/query/kind', 'NOT_ALLOWED'],
    ['/citizens?kind=came&limit=1001', '/query/limit', 'OUT_OF_RANGE'],
    ['/citizens?kind=came&cursor=x', '/query/cursor', 'WRONG_FORM'],
  ] as const) {
    it(`is refused with ${path}: ${code}`, async () => {
      const { status, body } = await request<Problem>(url + path);
      assert.deepEqual([status, body.errors?.map((error) => [error.pointer, error.code])], [400, [[pointer, code]]]);
    });
  }

  it('says which of the two there is not', async () => {
    for (const path of ['', '/towns', '/citizens?kind=came']) {
      for (const pair of [`${NO_IMPORT}/compare/${second}`, `${first}/compare/${NO_IMPORT}`]) {
        const { status, body } = await request<Problem>(`${service.url}/imports/${pair}${path}`);
        assert.deepEqual([status, body.code], [404, 'IMPORT_NOT_FOUND'], pair);
        assert.match(body.detail, new RegExp(`\\b${NO_IMPORT}\\b`));
      }
    }
    assert.match((await request<Problem>(`${service.url}/imports/${first}/compare/x`)).body.detail, /second/);
  });

  it('is of one moment though both change all the while', async () => {
    const people = makeCitizens(12_000, 0);
    const pair = [await postImport(service.url, people), await postImport(service.url, people)] as const;
    let isOver = false;
    let changes = 0;
    let told = 0;
    // In any consistent state at most one citizen differs, since the second import repeats each change of the first.
    const change = async () => {
      for (let step = 1; !isOver; step++) {
        const fields = { apartment: 10_000 + step };
        const citizenId = 1 + ((step * 7919) % people.length);
        for (const importId of pair) {
          await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/${citizenId}`, fields);
          changes++;
        }
      }
    };
    const changing = change();
    for (let time = 0; time < 20; time++) {
      const { status, body, text } = await request<Comparison>(`${service.url}/imports/${pair[0]}/compare/${pair[1]}`);
      if (status === 503) continue;
      assert.equal(status, 200, text);
      assert.ok(body.data.changed <= 1, `${body.data.changed} changed`);
      assert.equal(body.data.changed + body.data.same, people.length);
      told++;
    }
    isOver = true;
    await changing;
    assert.ok(changes > 20 && told > 10, `${changes} changes, ${told} answers`);
  });
});
