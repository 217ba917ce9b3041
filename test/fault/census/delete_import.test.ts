import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import type { Client } from '../../../app/db/client.js';
import { listCitizens } from '../../support/census/citizens.js';
import { inspectService, scriptedTarantool, untilSwept } from '../../support/db/inspect.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const CITIZENS = 3000;
const KILLS = 5;

describe('DELETE of imports under load', () => {
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

  it('every reader and writer meets the whole import or none of it; what was deleted is swept', async () => {
    const importId = await postImport(service.url, makeCitizens(CITIZENS, 300));
    const kept = await postImport(service.url, makeCitizens(10, 0));
    const url = `${service.url}/imports/${importId}`;
    const answers: string[] = [];
    const keepAsking = async (ask: () => Promise<{ status: number; body: unknown }>) => {
      for (;;) {
        const { status, body } = await ask();
        if (status === 404) return;
        const { data } = body as { data?: unknown };
        answers.push(`${status} ${Array.isArray(data) ? data.length : ''}`.trim());
      }
    };
    const asking = Promise.all([
      keepAsking(() => request(`${url}/citizens`)),
      keepAsking(() => request(`${url}/citizens?limit=2000`)),
      keepAsking(() => sendJson('PATCH', `${url}/citizens/5`, { relatives: [7] })),
      keepAsking(() => sendJson('PATCH', `${url}/citizens/5`, { relatives: [] })),
    ]);
    await until('all are under way', () => answers.length > 20);
    assert.equal((await request(url, { method: 'DELETE' })).status, 204);
    await asking;
    assert.deepEqual([...new Set(answers)].sort(), ['200', '200 2000', `200 ${CITIZENS}`]);
    await untilSwept(db);
    assert.equal((await listCitizens(service.url, kept)).length, 10);
  });

  it('is done once by many at once', async () => {
    const url = `${service.url}/imports/${await postImport(service.url, makeCitizens(100, 0))}`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => request(url, { method: 'DELETE' })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 404, 404, 404, 404, 404, 404, 404]);
  });

  it('what was acknowledged stays gone when Tarantool is killed right behind, and is swept by the next one', async () => {
    const ids: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const importId = await postImport(service.url, makeCitizens(CITIZENS, 0));
      ids.push(importId);
      await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/1`, { apartment: 99_999 });
      assert.equal((await request(`${service.url}/imports/${importId}`, { method: 'DELETE' })).status, 204);
      const pid = service.tarantoolPid();
      process.kill(pid, 'SIGKILL');
      await until('Tarantool is back', () => service.tarantoolPid() !== pid);
      await until('the service serves', async () => (await request(`${service.url}/health/ready`)).status === 200);
    }
    for (const importId of ids) {
      const { body } = await request<Problem>(`${service.url}/imports/${importId}`);
      assert.equal(body.code, 'IMPORT_NOT_FOUND');
    }
    await db.close();
    db = await inspectService(service);
    await untilSwept(db);
  });
});
