import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import type { Client } from '../../../app/db/client.js';
import { listCitizens } from '../../support/census/citizens.js';
import { countFaults, INSPECT, inspectService, scriptedTarantool, untilSwept } from '../../support/db/inspect.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { createLoad, type Load, patchedCitizens } from '../../support/http/load.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const KILLS = IS_NIGHTLY ? 60 : 10;

describe('Tarantool, killed with SIGKILL under load', () => {
  let service: RunningService;
  let db: Client;
  let load: Load;
  before(async () => {
    service = await startService({ env: scriptedTarantool() });
    load = createLoad(await postImport(service.url, patchedCitizens()));
    const clients = load.run(service.url);
    for (let kill = 1; kill <= KILLS; kill++) {
      // Each kill waits for a different number of answers, so that it hits different phases of pending requests.
      const enough = load.acknowledgedCount() + kill * 3;
      await until('clients are served again', () => load.acknowledgedCount() >= enough);
      const pid = service.tarantoolPid();
      process.kill(pid, 'SIGKILL');
      await until('Tarantool is back', () => service.tarantoolPid() !== pid);
    }
    const enough = load.acknowledgedCount() + 20;
    await until('clients are served again', () => load.acknowledgedCount() >= enough);
    await clients.stop();
    db = await inspectService(service);
  });
  after(async () => {
    await db?.close();
    assert.equal(await service?.stop(), 0);
  });

  it('leaves what was acknowledged, nothing half, and nothing of what was refused', async (t) => {
    t.diagnostic(
      `answers by status: ${[...load.statuses()].map(([status, count]) => `${status} ${count}`).join(', ')}`,
    );
    const [importIds] = await db.call(INSPECT.importIds, []);
    assert.deepEqual(await load.faults(service.url, importIds), []);
  });

  it('makes the service answer 503 and nothing else, while it is away and to what was under way', () => {
    assert.deepEqual([...load.statuses().keys()].sort(), [200, 201, 503]);
  });

  it('leaves counts that are those of the citizens', async () => {
    assert.deepEqual(await countFaults(db), []);
  });

  it('leaves no row of an import that was never published', async () => {
    await untilSwept(db);
  });

  it('while it is stopped: requests get 503 by the deadline, and are served once it goes on', async () => {
    const importId = await postImport(service.url, makeCitizens(3, 1));
    const pid = service.tarantoolPid();
    process.kill(pid, 'SIGSTOP');
    const readiness = await request(`${service.url}/health/ready`);
    process.kill(pid, 'SIGCONT');
    assert.equal(readiness.status, 503);
    await until('it is ready', async () => (await request(`${service.url}/health/ready`)).status === 200);
    assert.equal((await request(`${service.url}/imports/${importId}/citizens`)).status, 200);
  });
});

describe('a Tarantool that the service did not start, away for long', () => {
  it('is said to be away in problems with Retry-After, liveness does not mind, and all goes on once it is back', async () => {
    const first = await startTarantool();
    const service = await startService({
      env: {
        SVODKA_TARANTOOL_URI: (first.address as { path: string }).path,
        SVODKA_TARANTOOL_PASSWORD: first.password,
      },
    });
    const importId = await postImport(service.url, makeCitizens(3, 1));
    const importUrl = `${service.url}/imports/${importId}`;
    const isReady = async () => (await request(`${service.url}/health/ready`)).status === 200;

    await first.end('SIGKILL');
    await until('the service has noticed', async () => !(await isReady()));
    const answers = [
      await request<Problem>(`${importUrl}/citizens`),
      await request<Problem>(`${importUrl}/citizens/birthdays`),
      await request<Problem>(`${importUrl}/towns/stat/percentile/age`),
      await sendJson<Problem>('PATCH', `${importUrl}/citizens/1`, { town: 'Керчь' }),
      await sendJson<Problem>('POST', `${service.url}/imports`, { citizens: makeCitizens(3, 1) }),
      await sendJson<Problem>('POST', `${service.url}/imports`, { citizens: makeCitizens(2500, 1) }),
    ];
    for (const { status, body, headers } of answers) {
      assert.equal(status, 503);
      assert.equal(body.code, 'DATABASE_AWAY');
      assert.match(headers.get('Content-Type') ?? '', /^application\/problem\+json/);
      assert.equal(headers.get('Retry-After'), '1');
      assert.doesNotMatch(body.detail, /ECONN|ENOENT|sock/, 'nothing internal is told');
    }
    assert.equal((await request(`${service.url}/health/live`)).status, 200);

    const second = await startTarantool({ dataDir: first.dataDir });
    await until('the service is ready', isReady);
    assert.deepEqual(await listCitizens(service.url, importId), makeCitizens(3, 1));
    assert.equal(await service.stop(), 0);
    await second.end('SIGKILL');
  });
});
