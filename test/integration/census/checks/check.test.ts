import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Check } from '../../../../app/census/checks/service.js';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import type { Client } from '../../../../app/db/client.js';
import { citizen } from '../../../support/census/citizens.js';
import { INSPECT, inspectService, scriptedTarantool } from '../../../support/db/inspect.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { type RunningService, startService } from '../../../support/service.js';

describe('the check of an import', () => {
  let service: RunningService;
  let db: Client;
  before(async () => {
    service = await startService({ env: scriptedTarantool() });
    db = await inspectService(service);
  });
  after(async () => {
    await db?.close();
    assert.equal(await service?.stop(), 0);
  });

  const check = (importId: number | string, query = '') =>
    request<{ data: Check } & Problem>(`${service.url}/imports/${importId}/check${query}`, { method: 'POST' });

  it('counts it anew and finds that all agree, after changes too', async () => {
    const importId = await postImport(service.url, makeCitizens(3000, 200));
    for (let id = 1; id <= 20; id++) {
      const url = `${service.url}/imports/${importId}/citizens/${id}`;
      const changed = await sendJson('PATCH', url, {
        town: 'Керчь',
        birth_date: `0${1 + (id % 9)}.02.1999`,
        relatives: [id + 30],
      });
      assert.equal(changed.status, 200);
    }
    const { status, body, headers } = await check(importId);
    assert.equal(status, 200);
    const { version, counts, ...rest } = body.data;
    assert.deepEqual(rest, { import_id: importId, citizens: 3000, wrong_counts: 0, differences: [], digest: null });
    assert.ok(counts > 3000, 'those of the towns and of the whole import');
    assert.equal(headers.get('X-Data-Version'), String(version));
    assert.equal(headers.get('Cache-Control'), 'no-store');
  });

  it('changes nothing', async () => {
    const importId = await postImport(service.url, makeCitizens(10, 5));
    const listed = () => request(`${service.url}/imports/${importId}/citizens`);
    const before = await listed();
    await check(importId);
    assert.equal((await listed()).headers.get('ETag'), before.headers.get('ETag'));
  });

  it('names each count that is wrong, and by how much', async () => {
    const importId = await postImport(service.url, [
      citizen(1, { town: 'Псков', birth_date: '01.02.1990', gender: 'male', relatives: [2] }),
      citizen(2, { town: 'Псков', birth_date: '29.02.2000', gender: 'female', relatives: [1] }),
    ]);
    await db.call(INSPECT.addToCount, [importId, 'births', 'Псков', 2 * 20000229 + 1, 2]);
    await db.call(INSPECT.addToCount, [importId, 'births', '', 2 * 19900201, -1]);
    await db.call(INSPECT.addToCount, [importId, 'presents', 7, 1, 3]);
    const { body } = await check(importId);
    assert.equal(body.data.wrong_counts, 3);
    const births = { kind: 'births', month: null, citizen_id: null } as const;
    assert.deepEqual(
      body.data.differences.toSorted((a, b) => a.difference - b.difference),
      [
        { kind: 'presents', town: null, birth_date: null, gender: null, month: 7, citizen_id: 1, difference: -3 },
        { ...births, town: 'Псков', birth_date: '29.02.2000', gender: 'female', difference: -2 },
        { ...births, town: '', birth_date: '01.02.1990', gender: 'male', difference: 1 },
      ],
    );
  });

  it('names the first hundred and counts all', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    for (let key = 1; key <= 130; key++) await db.call(INSPECT.addToCount, [importId, 'presents', 1, key, 1]);
    const { data } = (await check(importId)).body;
    assert.deepEqual([data.wrong_counts, data.differences.length], [130, 100]);
  });

  it('is one at a time; another is asked to come again', async () => {
    const importId = await postImport(service.url, makeCitizens(20_000, 5000));
    const answers = await Promise.all([1, 2, 3].map(() => check(importId)));
    const refused = answers.filter(({ status }) => status === 409);
    assert.deepEqual(
      refused.map(({ body }) => body.code),
      ['CHECK_UNDER_WAY', 'CHECK_UNDER_WAY'],
    );
    assert.equal((await check(importId)).status, 200);
  });

  it('is right while others change the import', async () => {
    const importId = await postImport(service.url, makeCitizens(20_000, 5000));
    let isOver = false;
    const change = async (client: number) => {
      let count = 0;
      for (; !isOver; count++) {
        const url = `${service.url}/imports/${importId}/citizens/${1 + ((count * 37 + client) % 20_000)}`;
        const changes = { town: `Т${count % 3}`, birth_date: `0${1 + (count % 9)}.0${1 + (client % 9)}.1999` };
        assert.equal((await sendJson('PATCH', url, changes)).status, 200);
      }
      return count;
    };
    const clients = [1, 2, 3, 4].map(change);
    for (let round = 0; round < 5; round++) {
      const { status, body } = await check(importId);
      assert.deepEqual([status, body.data.wrong_counts, body.data.citizens], [200, 0, 20_000]);
    }
    isOver = true;
    assert.ok((await Promise.all(clients)).every((count) => count > 0));
  });

  it('has a digest of citizens and their histories, where it is asked for', async () => {
    const [one, other] = [await postImport(service.url, makeCitizens(2500, 50)), await postImport(service.url, [])];
    const digest = async (importId: number) => (await check(`${importId}`, '?digest=true')).body.data;
    const { digest: before, version } = await digest(one);
    assert.match(String(before), /^[0-9a-f]{64}$/);
    assert.deepEqual(await digest(one), await digest(one));
    assert.notEqual((await digest(other)).digest, before);
    const change = (town: string) => sendJson('PATCH', `${service.url}/imports/${one}/citizens/2400`, { town });
    const { town } = (await request<{ data: { town: string } }>(`${service.url}/imports/${one}/citizens/2400`)).body
      .data;
    assert.equal((await change('Нигде')).status, 200);
    const changed = await digest(one);
    assert.ok(changed.digest !== before && changed.version !== version);
    assert.equal((await change(town)).status, 200);
    assert.notEqual((await digest(one)).digest, before, 'the history is longer');
    const refused = await check(one, '?digest=yes');
    assert.deepEqual([refused.status, refused.body.code], [400, 'INVALID_INPUT']);
  });

  it('of buckets finds none on a single node', async () => {
    const { status, body } = await request(`${service.url}/buckets/check`, { method: 'POST' });
    assert.deepEqual([status, body], [200, { data: { buckets: 0, sets: [], moving: 0, doubled: [], missing: [] } }]);
  });

  it('is of what there is', async () => {
    for (const id of ['999999', 'x']) assert.equal((await check(id)).body.code, 'IMPORT_NOT_FOUND');
  });
});
