import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { createRandom, makeCitizens } from '../../../../app/census/demo/citizens.js';
import type { Client } from '../../../../app/db/client.js';
import { listCitizens } from '../../../support/census/citizens.js';
import { INSPECT, inspectService, scriptedTarantool } from '../../../support/db/inspect.js';
import { postImport, request, sendJson } from '../../../support/http/http.js';
import { type RunningService, startService } from '../../../support/service.js';
import { until } from '../../../support/until.js';

/** Filters are indexed from 2,000 citizens on. */
const PEOPLE = 6_000;
const TOWN = 'Новый Оскол';
const DAY = '29.02.1904';

describe('filters of a large import', () => {
  const env = { ...scriptedTarantool(), SVODKA_WAL_MODE: 'write' };
  let service: RunningService;
  let db: Client;
  let importId: number;
  before(async () => {
    service = await startService({ env });
    db = await inspectService(service);
    importId = await postImport(service.url, makeCitizens(PEOPLE, 0, 3));
  });
  after(async () => {
    await db?.close();
    assert.equal(await service?.stop(), 0);
  });

  const indexed = () => db.call(INSPECT.indexed, [importId]);
  const patch = async (id: number, changes: Partial<Citizen>) => {
    const { status } = await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/${id}`, changes);
    assert.equal(status, 200);
  };

  async function find(asked: Record<string, string>): Promise<Citizen[]> {
    const found: Citizen[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = new URLSearchParams({ ...asked, limit: '5', ...(cursor !== '' && { cursor }) });
      const url = `${service.url}/imports/${importId}/citizens?${query}`;
      const { status, body } = await request<{ data: Citizen[]; next_cursor: string | null }>(url);
      assert.equal(status, 200);
      found.push(...body.data);
      cursor = body.next_cursor;
    }
    return found;
  }

  async function assertFound(): Promise<void> {
    const all = await listCitizens(service.url, importId);
    const name = (all[77] as Citizen).name;
    const start = name.slice(0, name.length - 1);
    assert.deepEqual(
      await find({ town: TOWN }),
      all.filter(({ town }) => town === TOWN),
    );
    assert.deepEqual(
      await find({ born_from: DAY, born_to: DAY }),
      all.filter(({ birth_date }) => birth_date === DAY),
    );
    assert.deepEqual(
      await find({ name_prefix: start }),
      all.filter((one) => one.name.startsWith(start)),
    );
    assert.deepEqual(
      await find({ name_prefix: start, gender: 'male', town: TOWN }),
      all.filter((one) => one.name.startsWith(start) && one.gender === 'male' && one.town === TOWN),
    );
  }

  /** Queries until the index is complete. */
  async function untilIndexed(): Promise<void> {
    await find({ town: TOWN });
    await until('everybody is in the index', async () => (await indexed())[1]);
  }

  it('find the same by a walk, by the index, and while many change', async () => {
    const random = createRandom(5);
    const anybody = () => 1 + Math.floor(random() * PEOPLE);
    assert.deepEqual(await indexed(), [0, false]);
    await assertFound();
    await untilIndexed();
    assert.deepEqual(await indexed(), [PEOPLE, true]);
    for (let round = 0; round < 5; round++) {
      for (let change = 0; change < 12; change++) {
        await patch(anybody(), { town: TOWN });
        await patch(anybody(), { birth_date: DAY });
        await patch(anybody(), { name: `Новый ${change}` });
        await patch(78, { name: `Новый ${round}` });
      }
      await assertFound();
    }
  });

  it('find the same after a restart and after kill -9, which begin without an index', async () => {
    for (const end of ['stop', 'kill'] as const) {
      await untilIndexed();
      await db.close();
      await service[end]();
      service = await startService({ env, dataDir: service.dataDir });
      db = await inspectService(service);
      assert.deepEqual(await indexed(), [0, false]);
      await assertFound();
      await untilIndexed();
      await patch(1, { town: TOWN });
      await assertFound();
    }
  });

  it('are no longer in memory when the import is deleted', async () => {
    await untilIndexed();
    assert.equal((await request(`${service.url}/imports/${importId}`, { method: 'DELETE' })).status, 204);
    await until('the index is gone', async () => (await indexed())[0] === 0);
  });
});
