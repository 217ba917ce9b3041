import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { citizen, listCitizens } from '../../../support/census/citizens.js';
import { type Answer, type Problem, postImport, request } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

describe('PATCH with If-Match', () => {
  const service = useService();
  let importId: number;
  let listUrl: string;
  beforeEach(async () => {
    importId = await postImport(service.url, [citizen(1, { relatives: [2] }), citizen(2, { relatives: [1] })]);
    listUrl = `${service.url}/imports/${importId}/citizens`;
  });

  function patch(changes: Partial<Citizen>, ifMatch?: string, citizenId = 1): Promise<Answer<Problem>> {
    const headers = { 'Content-Type': 'application/json', ...(ifMatch !== undefined && { 'If-Match': ifMatch }) };
    return request(`${listUrl}/${citizenId}`, { method: 'PATCH', headers, body: JSON.stringify(changes) });
  }

  async function etagOf(headers: Record<string, string> = {}, query = ''): Promise<string> {
    return (await request(listUrl + query, { headers })).headers.get('ETag') as string;
  }

  async function ownEtag(citizenId = 1): Promise<string> {
    return (await request(`${listUrl}/${citizenId}`)).headers.get('ETag') as string;
  }

  const holding: [why: string, header: () => Promise<string>][] = [
    ['the ETag of the list', () => etagOf()],
    ['that of the list as lines', () => etagOf({ Accept: 'application/x-ndjson' })],
    ['that of the list as CSV', () => etagOf({ Accept: 'text/csv' })],
    ['that of a filtered page', () => etagOf({ Accept: 'text/csv' }, '?gender=male')],
    ['that of the citizen', () => ownEtag()],
    ['that of a page', () => etagOf({}, '?limit=1')],
    ['its weak form, which nginx makes when it compresses', async () => `W/${await etagOf()}`],
    ['that of the citizen, weak', async () => `W/${await ownEtag()}`],
    ['with what Apache appends', async () => (await ownEtag()).replace(/"$/, '-gzip"')],
    ['one among others', async () => `"other", W/"1.1.x",${await etagOf()} , "more"`],
    ['any at all', async () => '*'],
  ];
  for (const [why, header] of holding) {
    it(`is made when it holds: ${why}`, async () => {
      const answer = await patch({ apartment: 5 }, await header());
      assert.equal(answer.status, 200, answer.text);
      assert.equal((await listCitizens(service.url, importId))[0]?.apartment, 5);
    });
  }

  it('is made with the ETag of a compressed list', async () => {
    const many = Array.from({ length: 50 }, (_, place) => citizen(place + 1));
    listUrl = `${service.url}/imports/${await postImport(service.url, many)}/citizens`;
    for (const encoding of ['gzip', 'br']) {
      const etag = await etagOf({ 'Accept-Encoding': encoding });
      assert.ok(etag.includes(encoding), etag);
      assert.equal((await patch({ apartment: 5 }, etag)).status, 200);
    }
  });

  const failing: [why: string, header: (etag: string) => string][] = [
    ['the weak form of another one', (etag) => `W/${etag.replace(/^("\d+\.)\d+/, '$12')}`],
    ['another suffix', (etag) => etag.replace(/"$/, '-x"')],
    ['of another import', (etag) => etag.replace(/^"\d+/, '"999')],
    ['of another version', (etag) => etag.replace(/^("\d+\.)\d+/, '$12')],
    ['of another creation', (etag) => etag.replace(/.\.?"$/, '"')],
    ['of a statistic', (etag) => etag.replace(/"$/, '.birthdays"')],
    ['without quotes', (etag) => etag.slice(1, -1)],
    ['nothing', () => '""'],
    ['no ETag at all', () => 'x'],
  ];
  for (const [why, header] of failing) {
    it(`answers 412 and changes nothing when it does not hold: ${why}`, async () => {
      const etag = await etagOf();
      const answer = await patch({ apartment: 5, relatives: [] }, header(etag));
      assert.deepEqual([answer.status, answer.body.code], [412, 'PRECONDITION_FAILED']);
      assert.equal(await etagOf(), etag);
    });
  }

  it('answers the ETag of the citizen as it is then, which the next change may show', async () => {
    const first = await patch({ apartment: 5 });
    assert.equal(first.headers.get('ETag'), await ownEtag());
    const second = await patch({ apartment: 6 }, first.headers.get('ETag') as string);
    assert.equal(second.status, 200);
    assert.equal((await patch({ apartment: 7 }, first.headers.get('ETag') as string)).status, 412);
  });

  it('is not made with the ETag of a citizen when that citizen was changed, or with another one, weak or not', async () => {
    const etag = await ownEtag();
    const others = [await ownEtag(2), `W/${etag}`, etag.replace(/^"\d+/, '"999'), etag.replace(/.{3}"$/, '"')];
    await patch({ relatives: [] }, undefined, 2);
    // Patching citizen 2 also changed the relatives of this citizen.
    for (const ifMatch of [etag, ...others])
      assert.equal((await patch({ apartment: 5 }, ifMatch)).status, 412, ifMatch);
  });

  it('is made with the ETag of a citizen though others change meanwhile', async () => {
    const etag = await ownEtag();
    assert.equal((await patch({ town: 'Керчь' }, undefined, 2)).status, 200);
    assert.equal((await patch({ apartment: 5 }, etag)).status, 200);
  });

  it('is one of many at once with the same ETag', async () => {
    for (let round = 0; round < 10; round++) {
      const etag = await etagOf();
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, place) => patch({ apartment: 100 + place }, etag, 1 + (place % 2))),
      );
      const statuses = answers.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    }
  });

  it('answers first what is wrong with the change, and that there is no such citizen', async () => {
    assert.equal((await patch({ apartment: -1 }, '"other"')).status, 400);
    assert.equal((await patch({ apartment: 1 }, '"other"', 99)).status, 404);
    listUrl = `${service.url}/imports/999999/citizens`;
    assert.equal((await patch({ apartment: 1 }, '"other"')).status, 404);
  });
});
