import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Check } from '../../../app/census/checks/schema.js';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { type Answer, request, sendJson } from '../../support/http/http.js';
import { type RunningService, startService } from '../../support/service.js';
import {
  type Cluster,
  control,
  type Instance,
  settingsForRouters,
  skipsWithoutVshard,
  startCluster,
} from '../../support/shards/cluster.js';
import { until } from '../../support/until.js';

type Stored = { body: string; count: number; key: string | undefined; apartment: number | undefined; isBusy: boolean };
type Imports = { data: { import_id: number }[]; next_cursor: string | null };

const BODIES = [60, 60, 3_000].map((count) => ({
  count,
  body: JSON.stringify({ citizens: makeCitizens(count, count / 10) }),
}));
const KEYS_REPLAYED = 20;

describe('a set that joins while clients work', { skip: skipsWithoutVshard }, () => {
  let cluster: Cluster;
  let services: RunningService[];
  const stored = new Map<number, Stored>();
  const faults: string[] = [];
  let isOver = false;
  let turn = 0;
  const url = () => (services[turn++ % services.length] as RunningService).url;

  before(async () => {
    cluster = await startCluster({ routerCount: 2 });
    const orders = [cluster.routers, [...cluster.routers].reverse()];
    services = await Promise.all(orders.map((routers) => startService({ env: settingsForRouters(routers) })));
  });
  after(async () => {
    for (const service of services ?? []) assert.equal(await service.stop(), 0);
    await cluster?.stop();
  });

  function post(body: string, key: string | undefined) {
    const headers = { 'Content-Type': 'application/json', ...(key && { 'Idempotency-Key': `"${key}"` }) };
    return request<{ data: { import_id: number } }>(`${url()}/imports`, { method: 'POST', headers, body });
  }

  async function store(writer: number): Promise<void> {
    for (let number = 0; !isOver; number++) {
      const { count, body } = BODIES[number % BODIES.length] as (typeof BODIES)[number];
      const key = number % 2 === 0 ? `writer ${writer}, ${number}` : undefined;
      const answer = await post(body, key);
      if (answer.status === 201)
        stored.set(answer.body.data.import_id, { body, count, key, apartment: undefined, isBusy: false });
      else faults.push(`POST ${answer.status} ${answer.text}`);
    }
  }

  async function change(): Promise<void> {
    for (let apartment = 1; !isOver; apartment++) {
      await sleep(10);
      const [importId, one] = [...stored][(apartment * 7919) % Math.max(1, stored.size)] ?? [];
      if (one === undefined || one.isBusy) continue;
      one.isBusy = true;
      const { status, text } = await sendJson('PATCH', `${url()}/imports/${importId}/citizens/1`, { apartment });
      if (status === 200) one.apartment = apartment;
      else faults.push(`PATCH ${status} ${text}`);
      one.isBusy = false;
    }
  }

  async function list(): Promise<void> {
    while (!isOver) {
      const known = [...stored.keys()];
      const seen = new Set<number>();
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: Answer<Imports> = await request(`${url()}/imports?limit=40${cursor && `&cursor=${cursor}`}`);
        if (page.status !== 200) faults.push(`list ${page.status} ${page.text}`);
        for (const { import_id } of page.body.data ?? []) seen.add(import_id);
        cursor = page.body.next_cursor ?? null;
      }
      faults.push(...known.filter((importId) => !seen.has(importId)).map((importId) => `a list lacks ${importId}`));
      await sleep(50);
    }
  }

  function activeBuckets(): Promise<number[]> {
    return Promise.all(
      cluster.sets.map(async ({ instances: [first] }) => {
        const { buckets } = await control((first as Instance).dataDir, { command: 'shard' });
        return (buckets as { active?: number }).active ?? 0;
      }),
    );
  }

  it('gets its share: nothing is refused, lost or doubled, lists are complete and keys replay', async (t) => {
    const work = Promise.all([store(1), store(2), change(), change(), list()]);
    await until('clients work', () => stored.size >= 20);
    await cluster.addSet('c');
    await until('the set has a third', async () => Math.min(...(await activeBuckets())) >= 99, 120_000);
    const enough = stored.size + 20;
    await until('clients go on', () => stored.size >= enough);
    isOver = true;
    await work;
    t.diagnostic(`${stored.size} imports`);
    assert.deepEqual(faults, []);

    let replayed = 0;
    for (const [importId, { body, count, key, apartment }] of stored) {
      const found = await request<{ data: { citizens: number } }>(`${url()}/imports/${importId}`);
      assert.equal(found.body.data.citizens, count);
      const one = await request<{ data: { apartment: number } }>(`${url()}/imports/${importId}/citizens/1`);
      if (apartment !== undefined) assert.equal(one.body.data.apartment, apartment);
      if (key === undefined || replayed++ >= KEYS_REPLAYED) continue;
      assert.equal((await post(body, key)).body.data.import_id, importId);
      const check = await request<{ data: Check }>(`${url()}/imports/${importId}/check`, { method: 'POST' });
      assert.equal(check.body.data.wrong_counts, 0);
    }
    const buckets = await request<{ data: object }>(`${url()}/buckets/check`, { method: 'POST' });
    assert.deepEqual(buckets.body.data, { buckets: 300, sets: ['a', 'b', 'c'], moving: 0, doubled: [], missing: [] });
  });
});
