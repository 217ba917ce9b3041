import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import type { Client } from '../../../app/db/client.js';
import { beginLines, toNdjson } from '../../support/census/begun_import.js';
import { citizen } from '../../support/census/citizens.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { INSPECT_SCRIPT, untilSwept } from '../../support/db/inspect.js';
import type { RunningTarantool } from '../../support/db/tarantool.js';
import { type Problem, postImport, request } from '../../support/http/http.js';
import { type RunningService, startService } from '../../support/service.js';
import {
  type Cluster,
  type Instance,
  settingsForRouters,
  skipsWithoutVshard,
  startCluster,
} from '../../support/shards/cluster.js';
import { until } from '../../support/until.js';

const BODY = toNdjson(makeCitizens(8_000, 100));
const IMPORTS_AT_ONCE = 6;

describe('a cluster whose routers and services are killed', { skip: skipsWithoutVshard }, () => {
  let cluster: Cluster;
  let service: RunningService;
  let storages: Client[];

  before(async () => {
    cluster = await startCluster({ routerCount: 2, script: INSPECT_SCRIPT });
    service = await startService({ env: settingsForRouters(cluster.routers) });
    storages = await Promise.all(
      cluster.sets.map(({ instances: [first] }) =>
        connectClient({ address: { host: '127.0.0.1', port: (first as Instance).port } }),
      ),
    );
  });
  after(async () => {
    await closeClients();
    assert.equal(await service?.stop(), 0);
    await cluster?.stop();
  });

  /** The router that the service is connected to: the first one, unless that one was slow to answer. */
  function routerInUse(): RunningTarantool {
    const connected = /"reason":"connected to address (\d) of 2","msg":"connection to Tarantool"/g;
    const place = [...service.output().matchAll(connected)].at(-1)?.[1];
    return cluster.routers[Number(place) - 1] as RunningTarantool;
  }

  const begin = (name: string) =>
    Promise.all(
      Array.from({ length: IMPORTS_AT_ONCE }, (_, place) =>
        beginLines(service.url, BODY, place % 2 === 0 ? `${name} ${place}` : undefined),
      ),
    );

  it('uses the next router when its own is killed, and nothing that was staged through that one is left', async (t) => {
    const begun = await begin('router');
    const killedAt = performance.now();
    await routerInUse().end('SIGKILL');
    for (const each of begun) each.finish();
    for (const { answer } of begun) {
      const { status, text } = (await answer) ?? {};
      assert.equal(status, 503);
      assert.equal((JSON.parse(text as string) as Problem).code, 'DATABASE_AWAY');
    }
    await until('it is served again', async () => (await request(`${service.url}/imports`)).status === 200);
    await postImport(service.url, [citizen(1)]);
    for (const storage of storages) await untilSwept(storage);
    t.diagnostic(`swept after ${((performance.now() - killedAt) / 1_000).toFixed(1)} s`);
    const again = await Promise.all(
      [0, 2].map((place) =>
        request(`${service.url}/imports`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/x-ndjson', 'Idempotency-Key': `"router ${place}"` },
          body: BODY,
        }),
      ),
    );
    assert.deepEqual(
      again.map(({ status }) => status),
      [201, 201],
      'their keys are free',
    );
  });

  it('leaves nothing of what was staged by a service that is killed', async (t) => {
    const begun = await begin('service');
    const killedAt = performance.now();
    await service.kill();
    for (const { answer } of begun) assert.equal(await answer, undefined);
    for (const storage of storages) await untilSwept(storage);
    t.diagnostic(`swept after ${((performance.now() - killedAt) / 1_000).toFixed(1)} s`);
    service = await startService({ env: settingsForRouters(cluster.routers) });
  });
});
