import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { citizen } from '../../support/census/citizens.js';
import { type ExternalPair, startPair } from '../../support/db/external.js';
import { openEvents } from '../../support/http/events.js';
import { postImport, request, sendJson } from '../../support/http/http.js';
import { type Metrics, readMetrics } from '../../support/metrics.js';
import { type RunningService, startService } from '../../support/service.js';
import { useService } from '../../support/suite.js';
import { until } from '../../support/until.js';

const COUNT = 'svodka_http_request_seconds_count';

/** The increase of a value. */
function rise(before: Metrics, now: Metrics, name: string, labels: Record<string, string> = {}): number {
  return (now.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
}

describe('GET /metrics', () => {
  const service = useService();
  const read = () => readMetrics(service.url);

  it('is what Prometheus reads: each metric once, with its type, and nothing twice', async () => {
    const { headers, text } = await request(`${service.url}/metrics`);
    assert.match(headers.get('Content-Type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.equal(headers.get('Cache-Control'), 'no-store');
    const { samples, types } = await read();
    const typeLines = text.split('\n').filter((line) => line.startsWith('# TYPE '));
    assert.equal(typeLines.length, types.size);
    const lines = samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
    assert.equal(new Set(lines).size, lines.length);
    for (const { name } of samples) {
      const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
      assert.ok(types.has(family), name);
    }
  });

  it('counts requests by route as OpenAPI writes it, never by id, and what is unknown under one name', async () => {
    const before = await read();
    const importId = await postImport(service.url, [citizen(1)]);
    await request(`${service.url}/imports/${importId}/citizens/1`);
    await request(`${service.url}/imports/${importId}/citizens/77`);
    for (const path of ['a', 'b']) await request(`${service.url}/no/${path}`);
    const html = (await request(`${service.url}/`)).text;
    const file = /"(\/page\/[^"]+\.js)"/.exec(html)?.[1] as string;
    assert.equal((await request(service.url + file)).status, 200);
    const now = await read();
    const route = '/imports/{import_id}/citizens/{citizen_id}';
    assert.equal(rise(before, now, COUNT, { method: 'POST', route: '/imports', status: '2xx' }), 1);
    assert.equal(rise(before, now, COUNT, { method: 'GET', route, status: '2xx' }), 1);
    assert.equal(rise(before, now, COUNT, { method: 'GET', route, status: '4xx' }), 1);
    assert.equal(rise(before, now, COUNT, { route: 'none', status: '4xx' }), 2);
    assert.equal(rise(before, now, COUNT, { route: '/page/{file}' }), 1);
    assert.equal(rise(before, now, 'svodka_http_problems_total', { code: 'CITIZEN_NOT_FOUND' }), 1);
    assert.equal(rise(before, now, 'svodka_http_problems_total', { code: 'NOT_FOUND' }), 2);
    assert.equal(rise(before, now, 'svodka_http_request_seconds_bucket', { route, status: '2xx', le: '+Inf' }), 1);
    const openApi = (await request<{ paths: object }>(`${service.url}/openapi.json`)).body;
    const known = new Set([...Object.keys(openApi.paths), 'none', '/', '/page/{file}', '/metrics', '/openapi.json']);
    const routes = new Set(now.samples.flatMap(({ labels }) => labels['route'] ?? []));
    assert.deepEqual(
      [...routes].filter((each) => !known.has(each) && !each.startsWith('/docs')),
      [],
    );
  });

  it('gives methods that nobody uses one name together', async () => {
    const before = await read();
    await request(`${service.url}/imports`, { method: 'PROPFIND' });
    await request(`${service.url}/imports`, { method: 'LOCK' });
    assert.equal(rise(before, await read(), COUNT, { method: 'other' }), 2);
  });

  it('tells of each code of a problem from the start, so that the first one is a rise', async () => {
    assert.equal((await read()).value('svodka_http_problems_total', { code: 'INTERNAL' }), 0);
  });

  it('counts streams of events as watchers: they are neither in flight nor slow requests', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const events = await openEvents(`${service.url}/imports/${importId}/events`);
    await events.next('progress');
    const open = await read();
    assert.equal(open.value('svodka_event_watchers'), 1);
    assert.equal(open.value('svodka_http_requests_in_flight'), 1, 'the one that asks');
    const route = '/imports/{import_id}/events';
    assert.equal(open.value(COUNT, { route }), 1);
    assert.ok((open.value('svodka_http_request_seconds_sum', { route }) ?? 1) < 1);
    events.close();
    await until('nobody watches', async () => (await read()).value('svodka_event_watchers') === 0);
    await until('who left is counted', async () => ((await read()).value('svodka_http_cut_off_total') ?? 0) >= 1);
  });

  it('counts what is stored: imports by state, citizens, rows and memory', async () => {
    const before = await read();
    await postImport(service.url, [citizen(1), citizen(2)]);
    const now = await read();
    assert.equal(rise(before, now, 'svodka_imports', { state: 'published' }), 1);
    assert.equal(rise(before, now, 'svodka_citizens'), 2);
    assert.equal(rise(before, now, 'svodka_tarantool_space_rows', { space: 'citizens' }), 2);
    assert.ok(rise(before, now, 'svodka_tarantool_log_rows_total') > 0);
    assert.equal(now.value('svodka_tarantool_memory_quota_bytes'), 256 * 1024 * 1024);
    assert.equal(now.value('svodka_tarantool_up'), 1);
    assert.equal(now.value('svodka_tarantool_connected'), 1);
    assert.equal(now.value('svodka_tarantool_read_only'), 0);
    const looks = now.value('svodka_tarantool_wake_delay_seconds_count');
    assert.ok((looks ?? 0) > 0);
    assert.equal(now.value('svodka_tarantool_wake_delay_seconds_bucket', { le: '+Inf' }), looks);
  });

  it('counts calls to Tarantool by procedure and by what became of them', async () => {
    const before = await read();
    const importId = await postImport(service.url, [citizen(1)]);
    await request(`${service.url}/imports/${importId}`);
    await request(`${service.url}/imports/999999`);
    const now = await read();
    const procedure = 'svodka.imports.describe';
    assert.equal(rise(before, now, 'svodka_tarantool_calls_total', { procedure, outcome: 'answered' }), 1);
    assert.equal(rise(before, now, 'svodka_tarantool_calls_total', { procedure, outcome: 'refused' }), 1);
    assert.equal(now.value('svodka_tarantool_calls_total', { outcome: 'lost' }), 0);
    assert.ok(rise(before, now, 'svodka_tarantool_call_seconds_total', { procedure }) > 0);
  });

  it('tells answers that were made from those that were kept and those that the client had', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const url = `${service.url}/imports/${importId}/citizens`;
    const before = await read();
    const { headers } = await request(url);
    await request(url);
    const unchanged = await request(url, { headers: { 'If-None-Match': headers.get('ETag') as string } });
    assert.equal(unchanged.status, 304);
    const now = await read();
    for (const result of ['made', 'kept', 'unchanged']) {
      assert.equal(rise(before, now, 'svodka_kept_asked_total', { kind: 'lists', result }), 1, result);
    }
    assert.equal(rise(before, now, 'svodka_kept_answers', { kind: 'lists' }), 1);
    assert.ok(rise(before, now, 'svodka_kept_bytes', { kind: 'lists' }) > 100);
  });

  it('tells of threads and of bodies, idle now', async () => {
    const now = await read();
    for (const pool of ['parse', 'text']) {
      assert.ok((now.value('svodka_worker_threads', { pool }) ?? 0) >= 1);
      assert.equal(now.value('svodka_worker_tasks', { pool }), 0);
    }
    assert.equal(now.value('svodka_worker_tasks', { pool: 'statistics' }), 0);
    assert.equal(now.value('svodka_bodies_held_bytes'), 0);
    assert.equal(now.value('svodka_bodies_limit_bytes'), 400 * 1024 * 1024);
  });

  it('tells of the thread of statistics, which is there once somebody computes with formulas', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const threadsAfter = async (metrics: string) => {
      const question = new URLSearchParams({ group_by: 'town', metrics });
      const { status } = await request(`${service.url}/imports/${importId}/stats?${question}`);
      assert.equal(status, 200);
      return (await read()).value('svodka_worker_threads', { pool: 'statistics' });
    };
    assert.equal(await threadsAfter('count,p50(age)'), 0);
    assert.equal(await threadsAfter('count,x=p50(age)/2'), 1);
  });

  it('is no part of the API: OpenAPI does not tell of it, and it takes no other method', async () => {
    const openApi = (await request<{ paths: object }>(`${service.url}/openapi.json`)).body;
    assert.equal('/metrics' in openApi.paths, false);
    assert.equal((await sendJson('POST', `${service.url}/metrics`, {})).status, 405);
  });
});

describe('GET /metrics while Tarantool is away', () => {
  let pair: ExternalPair;
  before(async () => {
    pair = await startPair();
  });
  after(() => pair.stop());

  it('says so and tells the rest, soon, also when Tarantool is there and says nothing', async () => {
    const { url } = pair.service;
    assert.equal((await readMetrics(url)).value('svodka_tarantool_up'), 1);
    pair.tarantool.child.kill('SIGSTOP');
    const startedAt = performance.now();
    const silent = await readMetrics(url);
    assert.ok(performance.now() - startedAt < 3_000);
    assert.equal(silent.value('svodka_tarantool_up'), 0);
    // The call for the metrics; a long poll may be lost at the same moment.
    assert.ok((silent.value('svodka_tarantool_calls_total', { outcome: 'lost' }) ?? 0) >= 1);
    pair.tarantool.child.kill('SIGCONT');
    await pair.tarantool.end('SIGKILL');
    const away = await until('it is known to be away', async () => {
      const now = await readMetrics(url);
      return now.value('svodka_tarantool_connected') === 0 && now;
    });
    assert.equal(away.value('svodka_tarantool_up'), 0);
    assert.equal(away.value('svodka_citizens'), undefined, 'what is not known is not told');
    assert.ok((away.value('process_resident_memory_bytes') ?? 0) > 0);
    assert.ok((away.value('svodka_tarantool_calls_total', { outcome: 'unsent' }) ?? 0) > 0);
  });
});

describe('the port of the metrics', () => {
  let service: RunningService;
  after(() => service.stop());

  it('has /metrics and nothing else, on loopback, and then the port of the API has none', async () => {
    service = await startService({ env: { SVODKA_METRICS_PORT: '0' } });
    const [, host, port] = await service.said(/"host":"([^"]+)","port":(\d+),"msg":"metrics have a port/);
    assert.equal(host, '127.0.0.1');
    const own = `http://127.0.0.1:${port}`;
    assert.equal((await readMetrics(own)).value('svodka_tarantool_up'), 1);
    assert.equal((await request(`${service.url}/metrics`)).status, 404);
    for (const path of ['/', '/imports', '/docs', '/health/live']) {
      assert.equal((await request(own + path)).status, 404, path);
    }
    await request(`${service.url}/health/live`);
    const now = await readMetrics(own);
    assert.equal(now.value(COUNT, { route: '/health/live' }), 1);
    assert.equal(now.value(COUNT, { route: '/metrics' }), undefined, 'those who ask here are no clients');
  });
});

describe('a service that listens beyond loopback', () => {
  it('tells its metrics to nobody, unless they have a port', async () => {
    const service = await startService({ env: { SVODKA_HOST: '0.0.0.0' } });
    assert.equal((await request(`http://127.0.0.1:${service.port}/metrics`)).status, 404);
    assert.equal(await service.stop(), 0);
  });
});
