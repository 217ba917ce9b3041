import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { citizen } from '../../../support/census/citizens.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

type Rows = { data: Record<string, string | number | null>[] };

const ALL = 'count,mean(age),q1=p25(age),spread=p75(age)-q1';

describe('statistics over HTTP', () => {
  const service = useService();
  let importId: number;
  let otherId: number;
  before(async () => {
    importId = await postImport(service.url, makeCitizens(500, 0, 3));
    otherId = await postImport(service.url, makeCitizens(300, 0, 4));
  });

  const url = (path: string, query: Record<string, string> = {}) =>
    `${service.url}${path}${Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : ''}`;
  const routes = (): [path: string, query: Record<string, string>][] => [
    [`/imports/${importId}/towns/stat/percentile/age`, {}],
    [`/imports/${importId}/towns/stat/percentile/age`, { p: '10,99.9', by: 'gender', as_of: '2030-01-01' }],
    [`/imports/${importId}/ages`, {}],
    [`/imports/${importId}/ages`, { by: 'gender', town: 'Псков' }],
    [`/imports/${importId}/stats`, { group_by: 'town,gender', metrics: ALL }],
    ['/stats', { imports: `${importId},${otherId}`, group_by: 'import,town', metrics: ALL }],
  ];

  it('come as JSON, lines of JSON and CSV, the same rows, each form with an ETag of its own', async () => {
    for (const [path, query] of routes()) {
      const ask = (Accept: string) => request<Rows>(url(path, query), { headers: { Accept } });
      const json = await ask('application/json');
      const { data } = json.body;
      assert.ok(data.length > 0, path);
      const lines = await ask('application/x-ndjson');
      assert.deepEqual(
        lines.text.split('\n').slice(0, -1),
        data.map((row) => JSON.stringify(row)),
      );
      const csv = await ask('text/csv');
      assert.equal(csv.headers.get('Content-Type'), 'text/csv; charset=utf-8');
      const [header, ...rows] = parse(csv.text);
      assert.deepEqual(header, Object.keys(data[0] as object));
      assert.deepEqual(
        rows,
        data.map((row) => Object.values(row).map(String)),
      );
      const etags = [json, lines, csv].map(({ headers }) => headers.get('ETag'));
      assert.equal(new Set(etags).size, 3);
      for (const { headers } of [json, lines, csv]) assert.match(headers.get('Vary') ?? '', /Accept\b/);
    }
  });

  it('are not sent to who has them, until the import changes', async () => {
    const own = await postImport(service.url, [citizen(1), citizen(2)]);
    for (const [path, query] of [
      [`/imports/${own}/towns/stat/percentile/age`, { p: '50' }],
      [`/imports/${own}/ages`, {}],
      [`/imports/${own}/stats`, { metrics: 'max(age)' }],
      ['/stats', { imports: `${own},${otherId}`, metrics: 'count' }],
    ] as const) {
      const etag = (await request(url(path, query))).headers.get('ETag') as string;
      const again = await request(url(path, query), { headers: { 'If-None-Match': etag } });
      assert.deepEqual([again.status, again.text], [304, ''], path);
      const version = again.headers.get('X-Data-Version');
      assert.equal(version === null, path === '/stats', 'several imports have no version together');
      await sendJson('PATCH', `${service.url}/imports/${own}/citizens/1`, { name: `after ${path}` });
      const changed = await request(url(path, query), { headers: { 'If-None-Match': etag } });
      assert.equal(changed.status, 200, path);
    }
  });

  it('follow a change of a citizen', async () => {
    const own = await postImport(service.url, [
      citizen(1, { town: 'А', birth_date: '01.01.1990', gender: 'male' }),
      citizen(2, { town: 'А', birth_date: '01.01.2000', gender: 'male' }),
    ]);
    const ask = async () =>
      (
        await request<Rows>(
          url(`/imports/${own}/stats`, { group_by: 'town,gender', metrics: 'count,max(age)', as_of: '2020-01-01' }),
        )
      ).body.data;
    assert.deepEqual(await ask(), [{ town: 'А', gender: 'male', count: 2, max_age: 30 }]);
    await sendJson('PATCH', `${service.url}/imports/${own}/citizens/1`, { town: 'Б', gender: 'female' });
    assert.deepEqual(await ask(), [
      { town: 'А', gender: 'male', count: 1, max_age: 20 },
      { town: 'Б', gender: 'female', count: 1, max_age: 30 },
    ]);
  });

  it('keep the percentiles as they always were when nothing is asked for', async () => {
    const own = await postImport(service.url, [
      citizen(1, { town: 'Москва', birth_date: '01.01.1990' }),
      citizen(2, { town: 'Казань', birth_date: '01.01.2000' }),
    ]);
    const plain = await request<Rows>(url(`/imports/${own}/towns/stat/percentile/age`));
    const [kazan, moscow] = plain.body.data.map(({ p50 }) => p50);
    const row = (town: string, age: unknown) => `{"town":"${town}","p50":${age},"p75":${age},"p99":${age}}`;
    assert.equal(plain.text, `{"data":[${row('Казань', kazan)},${row('Москва', moscow)}]}`);
    // The same query is computed from individual ages if it names a town.
    const town = await request(url(`/imports/${own}/towns/stat/percentile/age`, { town: 'Казань', p: '50,75,99' }));
    assert.equal(town.text, `{"data":[${row('Казань', kazan)}]}`);
  });

  it('of a town that is not there, or before anybody was born, are no rows, and without groups a count of 0', async () => {
    for (const query of [{ town: 'Китеж' }, { as_of: '0001-01-01' }]) {
      for (const path of ['towns/stat/percentile/age', 'ages', 'stats?group_by=town']) {
        const separator = path.includes('?') ? '&' : '?';
        const { text } = await request(
          `${service.url}/imports/${importId}/${path}${separator}${new URLSearchParams(query)}`,
        );
        assert.equal(text, '{"data":[]}', path);
      }
      const { text } = await request(url(`/imports/${importId}/stats`, { ...query, metrics: 'count,mean(age)' }));
      assert.equal(text, '{"data":[{"count":0,"mean_age":null}]}');
    }
    const csv = { headers: { Accept: 'text/csv' } };
    const { text } = await request(
      url(`/imports/${importId}/stats`, { town: 'Китеж', metrics: 'count,mean(age)' }),
      csv,
    );
    assert.equal(text, 'count,mean_age\r\n0,\r\n');
  });

  it('are sorted by a column, what has no value last, and cut off', async () => {
    const ask = async (order_by: string, limit = '100') =>
      (
        await request<Rows>(
          url('/stats', {
            imports: `${importId},${otherId}`,
            group_by: 'import,town',
            metrics: 'count,x=1/(count-count)*count,share=count/10',
            order_by,
            limit,
          }),
        )
      ).body.data;
    const counts = (await ask('-count')).map(({ count }) => count as number);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => b - a),
    );
    assert.deepEqual(
      (await ask('share')).map(({ count }) => count),
      counts.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      (await ask('-count', '3')).map(({ count }) => count),
      counts.slice(0, 3),
    );
    const towns = (await ask('-town')).map(({ town }) => town as string);
    assert.deepEqual(towns, towns.toSorted().reverse());
    assert.ok((await ask('x')).every(({ x }) => x === null));
  });

  const wrong: [path: string, query: Record<string, string>, faults: string[]][] = [
    ['towns/stat/percentile/age', { p: '' }, ['/query/p WRONG_FORM']],
    ['towns/stat/percentile/age', { p: '50,' }, ['/query/p WRONG_FORM']],
    ['towns/stat/percentile/age', { p: '-1' }, ['/query/p WRONG_FORM']],
    ['towns/stat/percentile/age', { p: '1e1' }, ['/query/p WRONG_FORM']],
    ['towns/stat/percentile/age', { p: '100.1' }, ['/query/p OUT_OF_RANGE']],
    ['towns/stat/percentile/age', { p: '50,90,50.0' }, ['/query/p NOT_ALLOWED']],
    ['towns/stat/percentile/age', { p: Array.from({ length: 21 }, (_, p) => p).join() }, ['/query/p OUT_OF_RANGE']],
    ['towns/stat/percentile/age', { by: 'town' }, ['/query/by NOT_ALLOWED']],
    [
      'towns/stat/percentile/age',
      { p: 'x', by: 'x', as_of: 'x', town: '' },
      ['/query/p WRONG_FORM', '/query/town TOO_SHORT', '/query/as_of WRONG_FORM', '/query/by NOT_ALLOWED'],
    ],
    ['ages', { as_of: '01.01.2030' }, ['/query/as_of WRONG_FORM']],
    ['ages', { as_of: '2030-02-29' }, ['/query/as_of NO_SUCH_DATE']],
    ['ages', { as_of: '0000-01-01' }, ['/query/as_of NO_SUCH_DATE']],
    ['ages', { town: 'я'.repeat(257) }, ['/query/town TOO_LONG']],
    ['stats', { group_by: 'town,street' }, ['/query/group_by NOT_ALLOWED']],
    ['stats', { group_by: 'town,town' }, ['/query/group_by NOT_ALLOWED']],
    ['stats', { group_by: 'import' }, ['/query/group_by NOT_ALLOWED']],
    ['stats', { metrics: 'avg(age),x=import(1)' }, ['/query/metrics NOT_ALLOWED', '/query/metrics NOT_A_FORMULA']],
    ['stats', { metrics: 'x'.repeat(2001) }, ['/query/metrics TOO_LONG']],
    ['stats', { order_by: 'town' }, ['/query/order_by NOT_ALLOWED']],
    ['stats', { limit: '0' }, ['/query/limit OUT_OF_RANGE']],
    ['stats', { limit: '10001' }, ['/query/limit OUT_OF_RANGE']],
  ];
  for (const [path, query, faults] of wrong) {
    it(`are refused as ${faults.join(', ')}: ${path} with ${JSON.stringify(query).slice(0, 60)}`, async () => {
      const { status, body } = await request<Problem>(url(`/imports/${importId}/${path}`, query));
      assert.equal(status, 400);
      assert.equal(body.code, 'INVALID_INPUT');
      assert.deepEqual(
        body.errors?.map(({ pointer, code }) => `${pointer} ${code}`),
        faults,
      );
    });
  }

  it('are refused when a parameter is there twice', async () => {
    const { body } = await request<Problem>(`${service.url}/imports/${importId}/ages?town=a&town=b`);
    assert.deepEqual(
      body.errors?.map(({ pointer, code }) => `${pointer} ${code}`),
      ['/query/town NOT_ALLOWED'],
    );
  });

  it('of several imports need ids of imports, each once, up to twenty, and say which are not there', async () => {
    const ask = async (query: Record<string, string>) => {
      const { status, body } = await request<Problem>(url('/stats', query));
      return [status, body.code, ...(body.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`)];
    };
    assert.deepEqual(await ask({}), [400, 'INVALID_INPUT', '/query/imports REQUIRED']);
    assert.deepEqual(await ask({ imports: '' }), [400, 'INVALID_INPUT', '/query/imports WRONG_FORM']);
    assert.deepEqual(await ask({ imports: '1,a' }), [400, 'INVALID_INPUT', '/query/imports WRONG_FORM']);
    assert.deepEqual(await ask({ imports: '1,1' }), [400, 'INVALID_INPUT', '/query/imports NOT_ALLOWED']);
    const many = Array.from({ length: 21 }, (_, id) => id).join();
    assert.deepEqual(await ask({ imports: many }), [400, 'INVALID_INPUT', '/query/imports OUT_OF_RANGE']);
    assert.deepEqual(await ask({ imports: `999999,${importId},888888` }), [
      404,
      'IMPORT_NOT_FOUND',
      '/query/imports/0 UNKNOWN_IMPORT',
      '/query/imports/2 UNKNOWN_IMPORT',
    ]);
  });

  it('are refused when they are too much to compute', async () => {
    const towns = Array.from({ length: 4000 }, (_, place) => citizen(place + 1, { town: `Т${place}` }));
    const own = await postImport(service.url, towns);
    const formula = Array.from({ length: 30 }, () => 'count').join('+');
    const metrics = Array.from({ length: 9 }, (_, place) => `x${place}=${formula}`).join();
    const { status, body } = await request<Problem>(url(`/imports/${own}/stats`, { group_by: 'town', metrics }));
    assert.equal(status, 400);
    assert.deepEqual(
      body.errors?.map(({ pointer, code }) => `${pointer} ${code}`),
      ['/query/metrics TOO_COMPLEX'],
    );
    const fewer = await request<Rows>(url(`/imports/${own}/stats`, { group_by: 'gender', metrics }));
    assert.equal(fewer.status, 200);
    const percentiles = await request<Rows>(url(`/imports/${own}/towns/stat/percentile/age`, { by: 'gender' }));
    assert.equal(percentiles.body.data.length, 4000);
  });
});
