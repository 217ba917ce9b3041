import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { createRandom, makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { modelComparison } from '../../support/census/comparison_model.js';
import { scriptedTarantool } from '../../support/db/inspect.js';
import { projectDir } from '../../support/folder.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { readMetrics } from '../../support/metrics.js';
import { runs } from '../../support/random.js';
import { useService } from '../../support/suite.js';

type Readiness = { ready: boolean; checks: { name: string; ok: boolean }[] };
type Page = { data: unknown[]; next_cursor: string | null };
const KINDS = ['came', 'went', 'changed'] as const;

const anyPair = fc.record({
  // Plain Lua sends the digests of 200 citizens at a time.
  count: fc.constantFrom(1, 40, 450),
  leave: fc.constantFrom(0, 0.3, 1),
  change: fc.constantFrom(0, 0.02, 1),
  limit: fc.constantFrom(3, 250, 1_000),
  seed: fc.nat(),
});

/** The second import of a pair: some citizens leave, some change, some list their relatives in another order. */
function laterOf(first: readonly Citizen[], { leave, change, seed }: { leave: number; change: number; seed: number }) {
  const random = createRandom(seed);
  const later = first
    .filter(() => random() >= leave)
    .map((one) => ({ ...one, ...(random() < change ? { street: 'Новая' } : {}) }));
  const left = new Set(later.map(({ citizen_id }) => citizen_id));
  const kept = later.map((one) => ({ ...one, relatives: one.relatives.filter((id) => left.has(id)).reverse() }));
  const newcomers = makeCitizens(20, 0, seed).map((one) => ({ ...one, citizen_id: 2 ** 33 + one.citizen_id }));
  return [...kept, ...newcomers];
}

for (const insert of ['', 'plain']) {
  describe(`behind a router of two sets${insert && ', rows handled by plain Lua'}`, () => {
    const script = join(projectDir, 'test', 'support', 'shards', 'as_router.lua');
    const service = useService({ env: { ...scriptedTarantool(script), SVODKA_INSERT: insert } });

    it('imports of two sets are compared as the model compares them', { timeout: 240_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(anyPair, async ({ count, limit, ...recipe }) => {
          const first = makeCitizens(count, Math.floor(count / 3));
          const second = laterOf(first, recipe);
          const ids = [await postImport(service.url, first), await postImport(service.url, second)];
          const path = `${service.url}/imports/${ids[0]}/compare/${ids[1]}`;
          const model = modelComparison(
            await listCitizens(service.url, ids[0] as number),
            await listCitizens(service.url, ids[1] as number),
          );
          const { body } = await request<{ data: Record<string, number> }>(path);
          for (const kind of KINDS) assert.equal(body.data[kind], model[kind].length, kind);
          assert.equal(body.data['same'], model.same);
          for (const kind of KINDS) {
            const seen: unknown[] = [];
            for (let cursor: string | null = ''; cursor !== null; ) {
              const query: string = `?kind=${kind}&limit=${limit}${cursor && `&cursor=${cursor}`}`;
              const page: Page = (await request<Page>(`${path}/citizens${query}`)).body;
              assert.ok(page.data.length <= limit);
              seen.push(...page.data);
              cursor = page.next_cursor;
            }
            assert.deepEqual(seen, model[kind]);
          }
        }),
        runs(4),
      );
    });

    it('a change of either makes another answer, and a missing import is named', async () => {
      const ids = [await postImport(service.url, [citizen(1)]), await postImport(service.url, [citizen(1)])];
      const path = `${service.url}/imports/${ids[0]}/compare/${ids[1]}`;
      const before = await request<{ data: { same: number } }>(path);
      assert.equal(before.body.data.same, 1);
      await sendJson('PATCH', `${service.url}/imports/${ids[1]}/citizens/1`, { apartment: 77 });
      const now = await request<{ data: { changed: number } }>(path, {
        headers: { 'If-None-Match': before.headers.get('ETag') as string },
      });
      assert.equal(now.body.data.changed, 1);
      const missing = await request<Problem>(`${service.url}/imports/${ids[0]}/compare/999999`);
      assert.equal(missing.status, 404);
      assert.match(missing.body.detail, /999999/);
    });

    it('readiness says which set is away, and the service is ready', async () => {
      const { status, body } = await request<Readiness>(`${service.url}/health/ready`);
      assert.equal(status, 200);
      assert.equal(body.ready, true);
      assert.deepEqual(
        body.checks.map(({ name, ok }) => [name, ok]),
        [
          ['database', true],
          ['schema', true],
          ['set a', true],
          ['set b', false],
        ],
      );
    });

    it('metrics of Tarantool have the label of their set, those of rooms are sums', async () => {
      const metrics = await readMetrics(service.url);
      assert.equal(metrics.value('svodka_tarantool_up'), 1);
      assert.equal(metrics.value('svodka_set_up', { set: 'a' }), 1);
      assert.equal(metrics.value('svodka_set_up', { set: 'b' }), 0);
      assert.equal(metrics.value('svodka_set_calls', { set: 'a' }), 4);
      assert.equal(metrics.value('svodka_set_buckets', { set: 'b' }), 150);
      assert.equal(metrics.value('svodka_router_calls_total'), 7);
      assert.equal(metrics.value('svodka_router_waiting_calls'), 3);
      const rows = metrics.value('svodka_tarantool_space_rows', { set: 'a', space: 'imports' });
      assert.ok((rows ?? 0) > 0);
      assert.equal(metrics.value('svodka_imports', { state: 'published' }), rows);
      const count = metrics.value('svodka_tarantool_wake_delay_seconds_count', { set: 'a' });
      assert.equal(metrics.value('svodka_tarantool_wake_delay_seconds_bucket', { set: 'a', le: '+Inf' }), count);
      assert.ok((metrics.value('svodka_router_wake_delay_seconds_count') ?? 0) > 0);
    });
  });
}
