import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { citizen } from '../../../support/census/citizens.js';
import { type Answer, type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

type Listed = { data: { import_id: number; citizens: number; version: number; state: string }[]; next_cursor: string };

describe('the imports', () => {
  const service = useService();

  function list(query = ''): Promise<Answer<Listed & Problem>> {
    return request(`${service.url}/imports${query}`);
  }

  it('are listed newest first, page by page, each as it is told of alone', async () => {
    const ids = [];
    for (let count = 1; count <= 5; count++) ids.unshift(await postImport(service.url, makeCitizens(count, 0)));
    const all = (await list()).body;
    assert.deepEqual(
      all.data.slice(0, 5).map(({ import_id }) => import_id),
      ids,
    );
    for (const told of all.data) {
      const alone = await request<{ data: object }>(`${service.url}/imports/${told.import_id}`);
      assert.deepEqual(told, alone.body.data);
    }
    const paged: Listed['data'] = [];
    let page = (await list('?limit=2')).body;
    for (;;) {
      assert.ok(page.data.length <= 2);
      paged.push(...page.data);
      if (page.next_cursor === null) break;
      page = (await list(`?limit=2&cursor=${page.next_cursor}`)).body;
    }
    assert.deepEqual(paged, all.data);
  });

  for (const query of ['?limit=0', '?limit=1001', '?limit=x', '?cursor=x', '?cursor=LTE', '?limit=1&limit=2']) {
    it(`are not listed with ${query}`, async () => {
      const { status, body } = await list(query);
      assert.equal(status, 400);
      assert.match(body.errors?.[0]?.pointer ?? '', /^\/query\/(limit|cursor)$/);
    });
  }

  it('are gone for every reader when they are deleted', async () => {
    const importId = await postImport(service.url, makeCitizens(2500, 100));
    const url = `${service.url}/imports/${importId}`;
    const paths = ['', '/citizens', '/citizens/1', '/citizens/1/history', '/citizens?gender=male', '/events'];
    const statistics = ['/citizens/birthdays', '/towns/stat/percentile/age', '/presents', `/compare/${importId}`];
    for (const path of [...paths.slice(0, -1), ...statistics])
      assert.equal((await request(url + path)).status, 200, path);
    const answer = await request(url, { method: 'DELETE' });
    assert.deepEqual([answer.status, answer.text], [204, '']);
    for (const path of [...paths, ...statistics]) assert.equal((await request(url + path)).status, 404, path);
    assert.equal((await sendJson('PATCH', `${url}/citizens/1`, { apartment: 1 })).status, 404);
    assert.equal((await request(url, { method: 'DELETE' })).status, 404);
    assert.equal(
      (await list()).body.data.find(({ import_id }) => import_id === importId),
      undefined,
    );
  });

  it('are deleted with If-Match only as they were seen', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const url = `${service.url}/imports/${importId}`;
    const etag = (await request(`${url}/citizens`)).headers.get('ETag') as string;
    await sendJson('PATCH', `${url}/citizens/1`, { apartment: 77 });
    const tryDelete = (ifMatch: string) =>
      request<Problem>(url, { method: 'DELETE', headers: { 'If-Match': ifMatch } });
    const refused = await tryDelete(etag);
    assert.deepEqual([refused.status, refused.body.code], [412, 'PRECONDITION_FAILED']);
    const current = (await request(`${url}/citizens`)).headers.get('ETag') as string;
    assert.equal((await tryDelete(current)).status, 204);
  });
});

describe('one citizen', () => {
  const service = useService();

  async function made(): Promise<string> {
    return `${service.url}/imports/${await postImport(service.url, [
      citizen(1, { relatives: [2] }),
      citizen(2, { relatives: [1] }),
      citizen(3),
    ])}/citizens`;
  }

  it('is given with an ETag of its own, which stands while only others change', async () => {
    const url = await made();
    const first = await request<{ data: unknown }>(`${url}/1`);
    assert.deepEqual(first.body, { data: citizen(1, { relatives: [2] }) });
    const headers = { 'If-None-Match': first.headers.get('ETag') as string };
    const { headers: patched } = await sendJson('PATCH', `${url}/3`, { apartment: 5 });
    const same = await request(`${url}/1`, { headers });
    assert.deepEqual([same.status, same.text], [304, '']);
    assert.equal(same.headers.get('X-Data-Version'), patched.get('X-Data-Version'));
    await sendJson('PATCH', `${url}/2`, { relatives: [] });
    assert.equal((await request(`${url}/1`, { headers })).status, 200);
  });

  it('is not there under another id, or in an import that is not', async () => {
    const url = await made();
    for (const [path, code] of [
      [`${url}/9`, 'CITIZEN_NOT_FOUND'],
      [`${url}/x`, 'CITIZEN_NOT_FOUND'],
      [`${service.url}/imports/999999/citizens/1`, 'IMPORT_NOT_FOUND'],
    ] as const) {
      for (const tail of ['', '/history']) {
        const { status, body } = await request<Problem>(path + tail);
        assert.deepEqual([status, body.code], [404, code], path + tail);
      }
    }
  });

  it('has a history: when, by which request, what was before and after, on both sides', async () => {
    const url = await made();
    const change = (body: object, id: string) =>
      request(`${url}/1`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json', 'X-Request-Id': id },
        body: JSON.stringify(body),
      });
    const { birth_date: bornBefore } = citizen(1);
    const versions = [
      await change({ birth_date: '01.02.1990' }, 'first'),
      await change({ relatives: [3] }, 'second'),
    ].map(({ headers }) => Number(headers.get('X-Data-Version')));
    const history = async (id: number, query = '') =>
      (await request<{ data: { at: string }[]; next_cursor: string | null }>(`${url}/${id}/history${query}`)).body;
    const untimed = async (id: number) => (await history(id)).data.map(({ at: _, ...rest }) => rest);
    const second = { request_id: 'second', version: versions[1] };
    assert.deepEqual(await untimed(1), [
      { ...second, cause: 'patch', changes: { relatives: { before: [2], after: [3] } } },
      {
        request_id: 'first',
        version: versions[0],
        cause: 'patch',
        changes: { birth_date: { before: bornBefore, after: '01.02.1990' } },
      },
    ]);
    const followed = { ...second, cause: 'relative', cause_id: 1 };
    assert.deepEqual(await untimed(2), [{ ...followed, changes: { relatives: { before: [1], after: [] } } }]);
    assert.deepEqual(await untimed(3), [{ ...followed, changes: { relatives: { before: [], after: [1] } } }]);
    const page = await history(1, '?limit=1');
    assert.ok(Math.abs(Date.parse(page.data[0]?.at as string) - Date.now()) < 60_000);
    const rest = await history(1, `?limit=1&cursor=${page.next_cursor}`);
    assert.deepEqual([...page.data, ...rest.data], (await history(1)).data);
    assert.equal(rest.next_cursor, null);
    assert.equal((await request(`${url}/1/history?limit=101`)).status, 400);
  });
});

describe('X-Data-Version and min_version', () => {
  const service = useService();
  const READS = ['', '/citizens', '/citizens?limit=1', '/citizens?gender=male', '/citizens/1', '/citizens/1/history'];
  const ALL = [...READS, '/citizens/birthdays', '/towns/stat/percentile/age'];

  it('stands on every answer about an import, with what is stored or what was written', async () => {
    const posted = await sendJson<{ data: { import_id: number } }>('POST', `${service.url}/imports`, {
      citizens: [citizen(1)],
    });
    const url = `${service.url}/imports/${posted.body.data.import_id}`;
    assert.equal(posted.headers.get('X-Data-Version'), '1');
    const versionOf = async (path: string) => (await request(url + path)).headers.get('X-Data-Version');
    for (const path of ALL) assert.equal(await versionOf(path), '1', path);
    const version = (await sendJson('PATCH', `${url}/citizens/1`, { apartment: 5 })).headers.get('X-Data-Version');
    assert.ok(Number(version) > 1);
    for (const path of ALL) assert.equal(await versionOf(path), version, path);
    for (const path of ALL) {
      const withVersion = `${url}${path}${path.includes('?') ? '&' : '?'}min_version=${version}`;
      assert.equal((await request(withVersion)).status, 200, withVersion);
    }
  });

  it('lets a read wait for the version, and go on at the change that brings it', async () => {
    const url = `${service.url}/imports/${await postImport(service.url, [citizen(1)])}`;
    let isAnswered = false;
    const waiting = request<{ data: { apartment: number } }>(`${url}/citizens/1?min_version=2`).finally(() => {
      isAnswered = true;
    });
    await request(`${url}/citizens`);
    assert.equal(isAnswered, false);
    await sendJson('PATCH', `${url}/citizens/1`, { apartment: 4321 });
    const { status, body } = await waiting;
    assert.deepEqual([status, body.data.apartment], [200, 4321]);
  });

  it('answers 503 when the version does not come, 404 when the import goes meanwhile', async () => {
    const url = `${service.url}/imports/${await postImport(service.url, [citizen(1)])}`;
    const late = request<Problem>(`${url}/citizens?min_version=${Number.MAX_SAFE_INTEGER}`);
    const { status, body, headers } = await late;
    assert.deepEqual([status, body.code], [503, 'VERSION_NOT_REACHED']);
    assert.match(headers.get('Retry-After') ?? '', /^\d+$/);
    const waiting = request<Problem>(`${url}/citizens?min_version=${Number.MAX_SAFE_INTEGER}`);
    await request(`${url}/citizens`);
    await request(url, { method: 'DELETE' });
    assert.equal((await waiting).status, 404);
  });

  for (const given of ['', 'x', '-1', '1.5', '9007199254740993', '1&min_version=2']) {
    it(`is refused as "${given}"`, async () => {
      const url = `${service.url}/imports/${await postImport(service.url, [citizen(1)])}`;
      const { status, body } = await request<Problem>(`${url}/citizens/birthdays?min_version=${given}`);
      assert.deepEqual([status, body.errors?.[0]?.pointer], [400, '/query/min_version']);
    });
  }
});
