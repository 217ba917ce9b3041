import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Check } from '../../../app/census/checks/schema.js';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { PROCEDURES } from '../../../app/census/imports/procedures.js';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { modelComparison, modelTownShifts } from '../../support/census/comparison_model.js';
import { closeClients, connectClient, outcomeOf } from '../../support/db/db_client.js';
import { openEvents } from '../../support/http/events.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { readMetrics } from '../../support/metrics.js';
import { type RunningService, startService } from '../../support/service.js';
import {
  type Cluster,
  type Instance,
  settingsForRouters,
  skipsWithoutVshard,
  startCluster,
} from '../../support/shards/cluster.js';
import { until } from '../../support/until.js';

type Imports = { data: { import_id: number }[]; next_cursor: string | null };
type Readiness = { ready: boolean; checks: { name: string; ok: boolean }[] };

function instanceOf(cluster: Cluster, name: string): Instance {
  return cluster.sets.find((set) => set.name === name)?.instances[0] as Instance;
}

/** The name of the set that has the import, which is asked directly. */
async function setOf(cluster: Cluster, importId: number): Promise<string> {
  for (const { name, instances } of cluster.sets) {
    const { port } = instances[0] as Instance;
    const client = await connectClient({ address: { host: '127.0.0.1', port } });
    const outcome = await outcomeOf(client.call(PROCEDURES.describeImport, [importId]));
    await client.close(0);
    if (outcome === 'ok') return name;
  }
  throw new Error(`no set has import ${importId}`);
}

/** Stores the same citizens until a set of this name has got them. */
async function postTo(cluster: Cluster, url: string, name: string, citizens: readonly Citizen[]): Promise<number> {
  return until(`set ${name} has got an import`, async () => {
    const importId = await postImport(url, citizens);
    return (await setOf(cluster, importId)) === name && importId;
  });
}

describe('two sets of databases', { skip: skipsWithoutVshard }, () => {
  let cluster: Cluster;
  /** Two services: the first prefers the first router, the second the second one. */
  let services: RunningService[];
  const url = () => (services[0] as RunningService).url;

  before(async () => {
    cluster = await startCluster({ routerCount: 2 });
    const orders = [cluster.routers, [...cluster.routers].reverse()];
    services = await Promise.all(orders.map((routers) => startService({ env: settingsForRouters(routers) })));
  });
  after(async () => {
    await closeClients();
    for (const service of services ?? []) assert.equal(await service.stop(), 0);
    await cluster?.stop();
  });

  it('share the imports, and every service lists all of them, newest first, page by page', async () => {
    const stored: number[] = [];
    for (let count = 0; count < 24; count++) stored.push(await postImport(url(), [citizen(1), citizen(2)]));
    const sets = new Set(await Promise.all(stored.map((importId) => setOf(cluster, importId))));
    assert.deepEqual([...sets].sort(), ['a', 'b']);
    for (const service of services) {
      const listed: number[] = [];
      let query = '?limit=7';
      for (;;) {
        const { body } = await request<Imports>(`${service.url}/imports${query}`);
        listed.push(...body.data.map((each) => each.import_id));
        if (body.next_cursor === null) break;
        query = `?limit=7&cursor=${body.next_cursor}`;
      }
      // Ids grow by the tenth of a second.
      assert.deepEqual(
        listed,
        stored.toSorted((one, other) => other - one),
      );
    }
  });

  it('store large imports in pieces, change citizens, and delete', async () => {
    for (const name of ['a', 'b']) {
      const citizens = makeCitizens(3_000, 100);
      const importId = await postTo(cluster, url(), name, citizens);
      assert.deepEqual(await listCitizens((services[1] as RunningService).url, importId), citizens);
      const change = { town: 'Керчь', relatives: [2, 3] };
      const changed = await sendJson<{ data: Citizen }>('PATCH', `${url()}/imports/${importId}/citizens/1`, change);
      assert.equal(changed.status, 200);
      assert.deepEqual(changed.body.data.relatives, [2, 3]);
      const check = await request<{ data: Check }>(`${url()}/imports/${importId}/check`, { method: 'POST' });
      assert.deepEqual([check.status, check.body.data.citizens, check.body.data.wrong_counts], [200, 3_000, 0]);
      assert.equal((await request(`${url()}/imports/${importId}`, { method: 'DELETE' })).status, 204);
      assert.equal((await request(`${(services[1] as RunningService).url}/imports/${importId}`)).status, 404);
    }
  });

  it('store one import for a key that comes through two routers at once', async () => {
    for (let round = 0; round < 5; round++) {
      const citizens = makeCitizens(round % 2 === 0 ? 10 : 2_500, 2);
      const post = (service: RunningService) =>
        request<{ data: { import_id: number } }>(`${service.url}/imports`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `"round ${round}"` },
          body: JSON.stringify({ citizens }),
        });
      const answers = await Promise.all([...services, ...services].map(post));
      const ids = new Set(answers.flatMap(({ status, body }) => (status === 201 ? [body.data.import_id] : [])));
      assert.equal(ids.size, 1, `statuses: ${answers.map(({ status }) => status)}`);
      assert.ok(answers.every(({ status }) => status === 201 || status === 409));
      for (const service of services) {
        const again = await post(service);
        assert.equal(again.status, 201);
        assert.ok(ids.has(again.body.data.import_id), 'it is replayed through either router');
      }
    }
  });

  it('compare an import of one with an import of the other as the model does', async () => {
    const before = makeCitizens(600, 40);
    const after = [
      ...before.slice(50).map((one, place) => (place % 9 === 0 ? { ...one, street: 'Новая' } : one)),
      ...makeCitizens(30, 0, 5_000),
    ].map((one) => ({ ...one, relatives: [] }));
    const first = before.map((one, place) => ({ ...one, relatives: [], apartment: (place % 90) + 1 }));
    const model = modelComparison(first, after);
    const pair = [await postTo(cluster, url(), 'a', first), await postTo(cluster, url(), 'b', after)];
    const path = `${url()}/imports/${pair[0]}/compare/${pair[1]}`;
    const { body } = await request<{ data: Record<string, unknown> }>(`${path}?limit=1000`);
    const { came, went, changed, same, towns } = body.data;
    assert.deepEqual(
      { came, went, changed, same },
      { came: model.came.length, went: model.went.length, changed: model.changed.length, same: model.same },
    );
    assert.deepEqual(towns, modelTownShifts(first, after).slice(0, (towns as unknown[]).length));
    for (const kind of ['came', 'went', 'changed'] as const) {
      const seen: unknown[] = [];
      let query = `?kind=${kind}&limit=17`;
      for (;;) {
        const page = await request<{ data: unknown[]; next_cursor: string | null }>(`${path}/citizens${query}`);
        assert.equal(page.status, 200, page.text);
        seen.push(...page.body.data);
        if (page.body.next_cursor === null) break;
        query = `?kind=${kind}&limit=17&cursor=${page.body.next_cursor}`;
      }
      assert.deepEqual(seen, model[kind]);
    }
  });

  it('report changes made through one router to watchers at the other', async () => {
    const importId = await postImport(url(), [citizen(1)]);
    const events = await openEvents(`${(services[1] as RunningService).url}/imports/${importId}/events`);
    await events.next('progress');
    await sendJson('PATCH', `${url()}/imports/${importId}/citizens/1`, { town: 'Керчь' });
    await events.next('changed');
    events.close();
  });

  it('have metrics by set', async () => {
    const metrics = await readMetrics(url());
    for (const set of ['a', 'b']) {
      assert.equal(metrics.value('svodka_set_up', { set }), 1);
      assert.ok((metrics.value('svodka_set_buckets', { set }) ?? 0) > 0);
      assert.ok((metrics.value('svodka_tarantool_space_rows', { set, space: 'imports' }) ?? 0) > 0);
      assert.ok((metrics.value('svodka_tarantool_wake_delay_seconds_count', { set }) ?? 0) > 0);
    }
    assert.ok((metrics.value('svodka_router_calls_total') ?? 0) > 0);
    const { body } = await request<{ data: unknown[] }>(`${url()}/imports?limit=1000`);
    assert.equal(metrics.value('svodka_imports', { state: 'published' }), body.data.length);
  });

  it('serve the imports of one while the other is away, say which, and serve all again once it is back', async () => {
    const [here, away] = [
      await postTo(cluster, url(), 'a', [citizen(1)]),
      await postTo(cluster, url(), 'b', [citizen(1)]),
    ];
    const instance = instanceOf(cluster, 'b');
    await instance.running?.end('SIGKILL');
    const readiness = await until('it is seen', async () => {
      const { status, body } = await request<Readiness>(`${url()}/health/ready`);
      assert.equal(status, 200, 'the service is ready');
      return body.checks.some(({ ok }) => !ok) && body;
    });
    assert.deepEqual(
      readiness.checks.filter(({ ok }) => !ok).map(({ name }) => name),
      ['set b'],
    );
    for (const path of ['', '/citizens', '/towns/stat/percentile/age']) {
      assert.equal((await request(`${url()}/imports/${here}${path}`)).status, 200);
      const { status, headers, body } = await request<Problem>(`${url()}/imports/${away}${path}`);
      assert.deepEqual([status, headers.get('Retry-After'), body.code], [503, '1', 'DATABASE_AWAY']);
    }
    const patch = (importId: number) => sendJson('PATCH', `${url()}/imports/${importId}/citizens/1`, { town: 'Керчь' });
    assert.equal((await patch(here)).status, 200);
    assert.equal((await patch(away)).status, 503);
    for (let count = 0; count < 6; count++) await postImport(url(), [citizen(1)]);
    assert.equal((await request(`${url()}/imports`)).status, 503, 'a list without its imports would be wrong');
    const metrics = await readMetrics(url());
    assert.equal(metrics.value('svodka_set_up', { set: 'b' }), 0);
    assert.equal(metrics.value('svodka_tarantool_up'), 1);

    await instance.start();
    await until('all are served', async () => (await patch(away)).status === 200);
    assert.equal((await request(`${url()}/imports`)).status, 200);
    assert.equal(
      (await request<Readiness>(`${url()}/health/ready`)).body.checks.every(({ ok }) => ok),
      true,
    );
  });
});
