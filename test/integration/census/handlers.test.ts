import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen } from '../../support/census/citizens.js';
import { postImport, request, sendJson } from '../../support/http/http.js';
import { type RunningService, startService } from '../../support/service.js';

const SETTINGS: [what: string, env: Record<string, string>][] = [
  ['as it is', {}],
  ['with rows that go in and out by Lua alone', { SVODKA_INSERT: 'plain' }],
];

for (const [what, env] of SETTINGS)
  describe(`the service ${what}`, () => {
    let service: RunningService;
    before(async () => {
      service = await startService({ env });
    });
    after(async () => {
      assert.equal(await service.stop(), 0);
    });

    it('gives back what was imported', async () => {
      const citizens = makeCitizens(6000, 300);
      const importId = await postImport(service.url, citizens);
      const { status, body } = await request<{ data: Citizen[] }>(`${service.url}/imports/${importId}/citizens`);
      assert.equal(status, 200);
      assert.deepEqual(body.data, citizens);
    });

    it('sets imports beside one another, and tells who buys presents in a town', async () => {
      const before = await postImport(service.url, [citizen(1), citizen(2)]);
      const others = [citizen(1, { town: 'Ялта', relatives: [3] }), citizen(3, { relatives: [1] })];
      const after = await postImport(service.url, others);
      const ask = async (path: string) =>
        (await request<{ data: Record<string, number>[] & Record<string, number> }>(`${service.url}/imports/${path}`))
          .body.data;
      const { came, went, changed, same } = await ask(`${before}/compare/${after}`);
      assert.deepEqual([came, went, changed, same], [1, 1, 1, 0]);
      const months = await ask(`${after}/presents?town=${encodeURIComponent('Ялта')}`);
      assert.deepEqual(
        months.filter(({ presents }) => presents !== 0).map(({ presents, givers }) => [presents, givers]),
        [[1, 1]],
      );
    });

    it("keeps both sides right when a citizen's relatives change (the example of the specification)", async () => {
      const citizens = [citizen(1, { relatives: [2] }), citizen(2, { relatives: [1] }), citizen(3)];
      const importId = await postImport(service.url, citizens);
      const list = async () => {
        const { body } = await request<{ data: Citizen[] }>(`${service.url}/imports/${importId}/citizens`);
        return body.data.map(({ relatives }) => relatives);
      };
      const third = `${service.url}/imports/${importId}/citizens/3`;

      const added = await sendJson('PATCH', third, { relatives: [1], town: 'Москва' });
      assert.equal(added.status, 200);
      assert.deepEqual(added.body, { data: { ...citizens[2], relatives: [1], town: 'Москва' } });
      assert.deepEqual(await list(), [[2, 3], [1], [1]]);

      await sendJson('PATCH', third, { relatives: [] });
      assert.deepEqual(await list(), [[2], [1], []]);
    });
  });
