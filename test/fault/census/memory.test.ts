import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client } from '../../../app/db/client.js';
import { citizen, listCitizens, relativesFaults } from '../../support/census/citizens.js';
import { countFaults, INSPECT, inspectService, scriptedTarantool, untilSwept } from '../../support/db/inspect.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { type RunningService, startService } from '../../support/service.js';

/** The minimum that the settings accept. */
const MEMORY_BYTES = 64 * 1024 * 1024;

/** Citizens whose texts have this many letters; with 256, about 2 KB each. */
function citizensOf(count: number, letters = 256) {
  const text = 'я'.repeat(letters);
  return Array.from({ length: count }, (_, place) =>
    citizen(place + 1, { town: text, street: text, building: text, name: text }),
  );
}

describe('a Tarantool whose memory is full', () => {
  const env = { ...scriptedTarantool(), SVODKA_MEMTX_MEMORY: String(MEMORY_BYTES), SVODKA_WAL_MODE: 'write' };
  let service: RunningService;
  let db: Client;
  let firstId: number;
  const storedIds: number[] = [];

  /** Posts imports of this many citizens until one is refused; returns the refusal. */
  async function fill(count: number, letters = 256) {
    const citizens = citizensOf(count, letters);
    for (;;) {
      const answer = await sendJson<{ data: { import_id: number } }>('POST', `${service.url}/imports`, { citizens });
      if (answer.status !== 201) return answer as unknown as { status: number; body: Problem };
      storedIds.push(answer.body.data.import_id);
    }
  }
  async function connect() {
    db = await inspectService(service);
  }
  const town = (citizenId: number, value: string) =>
    sendJson<Problem>('PATCH', `${service.url}/imports/${firstId}/citizens/${citizenId}`, { town: value });

  before(async () => {
    service = await startService({ env });
    firstId = await postImport(
      service.url,
      Array.from({ length: 200 }, (_, place) => citizen(place + 1)),
    );
    storedIds.push(firstId);
    await connect();
  });
  after(async () => {
    await db?.close();
    await service?.kill();
  });

  it('answers 507 to a large import that does not fit, keeps nothing of it and gives its memory back', async () => {
    const { status, body } = await fill(3000);
    assert.equal(status, 507);
    assert.equal(body.code, 'OUT_OF_MEMORY');
    await untilSwept(db);
    assert.deepEqual((await db.call(INSPECT.importIds, []))[0], storedIds);
    assert.equal((await sendJson('POST', `${service.url}/imports`, { citizens: citizensOf(3000) })).status, 507);
    await untilSwept(db);
  });

  /** PATCHes of all kinds, each of which must be applied completely or not at all; returns their statuses. */
  async function patchRounds(): Promise<Set<number>> {
    const everybody = Array.from({ length: 199 }, (_, place) => place + 2);
    const statuses = new Set<number>();
    for (let round = 0; round < 40; round++) {
      const before = await listCitizens(service.url, firstId);
      const { status } = await sendJson('PATCH', `${service.url}/imports/${firstId}/citizens/1`, {
        name: `${'я'.repeat(round * 5)}${round}`,
        ...(round % 3 !== 0 && { relatives: round % 2 === 0 ? everybody : [] }),
        ...(round % 4 === 3 && {
          town: `Т${round}`,
          birth_date: `01.${String(1 + (round % 12)).padStart(2, '0')}.19${50 + round}`,
        }),
      });
      statuses.add(status);
      const now = await listCitizens(service.url, firstId);
      if (status !== 200) assert.deepEqual(now, before);
      assert.deepEqual(relativesFaults(now), []);
    }
    assert.deepEqual(await countFaults(db), []);
    return statuses;
  }

  it('goes on with reads and small writes then', async () => {
    assert.equal((await town(1, 'Керчь')).status, 200);
    storedIds.push(await postImport(service.url, [citizen(1)]));
    for (const id of storedIds) assert.equal((await request(`${service.url}/imports/${id}/citizens`)).status, 200);
    assert.ok((await patchRounds()).has(200));
  });

  it('answers 507 to the smallest import once nothing fits at all, and reads go on', async () => {
    // The free memory consists of chunks of different sizes: short rows may fit where long ones do not.
    for (const letters of [256, 64, 16, 1]) {
      for (const count of [900, 30, 1]) {
        const { status, body } = await fill(count, letters);
        assert.equal(status, 507);
        assert.equal(body.code, 'OUT_OF_MEMORY');
      }
    }
    await untilSwept(db);
    assert.deepEqual((await db.call(INSPECT.importIds, []))[0], storedIds);
    assert.equal((await request(`${service.url}/imports/${firstId}/citizens/birthdays`)).status, 200);
    assert.equal((await request(`${service.url}/imports/${firstId}/towns/stat/percentile/age`)).status, 200);
  });

  it('makes each PATCH whole or refuses it with 507 and changes nothing, relatives and statistics included', async () => {
    const statuses = await patchRounds();
    assert.ok(statuses.has(507));
    assert.deepEqual(new Set([...statuses, 200, 507]), new Set([200, 507]));
  });

  it('starts again with all its data, and goes on as before', async () => {
    const before = await listCitizens(service.url, firstId);
    await db.close();
    assert.equal(await service.stop(), 0);
    service = await startService({ env, dataDir: service.dataDir });
    await connect();
    assert.deepEqual(await listCitizens(service.url, firstId), before);
    assert.deepEqual((await db.call(INSPECT.importIds, []))[0], storedIds);
    assert.equal((await sendJson('POST', `${service.url}/imports`, { citizens: citizensOf(3000) })).status, 507);
    await untilSwept(db);
  });

  it('starts again after kill -9 too', async () => {
    await db.close();
    await service.kill();
    service = await startService({ env, dataDir: service.dataDir });
    await connect();
    assert.deepEqual((await db.call(INSPECT.importIds, []))[0], storedIds);
  });
});
