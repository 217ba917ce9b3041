import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

describe('the list of an import that did not change', () => {
  const service = useService();
  let listUrl: string;
  before(async () => {
    listUrl = `${service.url}/imports/${await postImport(service.url, makeCitizens(3_000, 300))}/citizens`;
  });

  const get = (etag?: string) => request(listUrl, etag === undefined ? {} : { headers: { 'If-None-Match': etag } });
  const etagOf = async () => (await get()).headers.get('ETag') as string;

  it('is the same answer, with the same ETag', async () => {
    const first = await get();
    const second = await get();
    assert.match(first.headers.get('ETag') ?? '', /^"[\w.]+"$/);
    assert.equal(second.headers.get('ETag'), first.headers.get('ETag'));
    assert.equal(second.text, first.text);
  });

  const known: [header: (etag: string) => string, reason: string][] = [
    [(etag) => etag, 'as it was given'],
    [(etag) => `"other", W/${etag}`, 'among others, and weak'],
    [() => '*', 'any at all'],
  ];
  for (const [header, reason] of known) {
    it(`is not sent to a client that has it: ${reason}`, async () => {
      const etag = await etagOf();
      const answer = await get(header(etag));
      assert.deepEqual([answer.status, answer.text, answer.headers.get('ETag')], [304, '', etag]);
    });
  }

  it('is sent to a client that has another', async () => {
    assert.equal((await get('"1.1.other"')).status, 200);
  });

  it('is sent anew, with another ETag, as soon as a change is answered', async () => {
    for (let change = 0; change < 20; change++) {
      const before = await etagOf();
      const patched = await sendJson<{ data: unknown }>('PATCH', `${listUrl}/1`, { apartment: change });
      const answer = await request<{ data: { citizen_id: number }[] }>(listUrl, {
        headers: { 'If-None-Match': before },
      });
      assert.equal(answer.status, 200);
      assert.notEqual(answer.headers.get('ETag'), before);
      assert.deepEqual(answer.body.data[0], patched.body.data);
    }
  });

  it('is not the same after the other side of a relative changed only', async () => {
    const before = await etagOf();
    await sendJson('PATCH', `${listUrl}/2999`, { relatives: [2998] });
    assert.notEqual(await etagOf(), before);
  });
});

describe('statistics of an import that did not change', () => {
  const service = useService();
  const PATHS = ['citizens/birthdays', 'towns/stat/percentile/age'];
  let importUrl: string;
  before(async () => {
    importUrl = `${service.url}/imports/${await postImport(service.url, makeCitizens(500, 50))}`;
  });

  for (const path of PATHS) {
    it(`are the same, and not sent to who has them: ${path}`, async () => {
      const first = await request(`${importUrl}/${path}`);
      const second = await request(`${importUrl}/${path}`);
      const etag = first.headers.get('ETag') as string;
      assert.equal(second.text, first.text);
      assert.equal(second.headers.get('ETag'), etag);
      assert.equal((await request(`${importUrl}/${path}`, { headers: { 'If-None-Match': etag } })).status, 304);
    });
  }

  it('have ETags of their own each', async () => {
    const answers = await Promise.all([...PATHS, 'citizens'].map((path) => request(`${importUrl}/${path}`)));
    assert.equal(new Set(answers.map(({ headers }) => headers.get('ETag'))).size, 3);
  });

  it('are made anew as soon as a change is answered', async () => {
    for (const [month, birth_date] of [
      ['3', '05.03.1990'],
      ['7', '05.07.1960'],
    ] as const) {
      const change = { birth_date, town: `Т${month}`, relatives: [2] };
      await sendJson('PATCH', `${importUrl}/citizens/1`, change);
      const birthdays = await request<{ data: Record<string, { citizen_id: number }[]> }>(`${importUrl}/${PATHS[0]}`);
      assert.ok(birthdays.body.data[month]?.some(({ citizen_id }) => citizen_id === 2));
      const towns = await request<{ data: { town: string }[] }>(`${importUrl}/${PATHS[1]}`);
      assert.ok(towns.body.data.some(({ town }) => town === `Т${month}`));
    }
  });
});
