import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { makeCitizens } from '../../app/demo/citizens.js';
import { postImport, request, sendJson } from '../support/http.js';
import { useService } from '../support/suite.js';

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
