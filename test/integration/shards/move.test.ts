import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import type { Procedure } from '../../../app/db/procedure.js';
import { runCommand, SVODKA } from '../../support/command_line.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { startPair } from '../../support/db/external.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { makeFolder, projectDir } from '../../support/folder.js';
import { request, sendJson } from '../../support/http/http.js';
import { freePort } from '../../support/ports.js';
import { type RunningService, startService } from '../../support/service.js';
import { control, settingsForRouters, skipsWithoutVshard } from '../../support/shards/cluster.js';
import { until } from '../../support/until.js';
import { addUser, callerWith, readAdminToken } from '../../support/users.js';

const BUCKETS = 60;
const IMPORTS = 40;
const REBALANCING_MS = 120_000;

type Stored = { data: { import_id: number } };

describe('a single node that becomes a cluster', { skip: skipsWithoutVshard }, () => {
  const topologyPath = join(makeFolder(), 'topology.json');
  const saved = join(makeFolder(), 'before.jsonl');
  const shards = {
    SVODKA_SHARDS: topologyPath,
    SVODKA_SHARDS_PASSWORD: 'for-the-shards',
    SVODKA_VSHARD_PATH: process.env['VSHARD'] ?? '',
  };
  const started: RunningTarantool[] = [];
  let service: RunningService;
  let adminToken = '';
  let userToken = '';
  const ids: number[] = [];
  const etags = new Map<string, string | null>();

  const body = (place: number) => JSON.stringify({ citizens: makeCitizens(30 + place, 10) });
  /** Stores an import under a key, or finds the one that is stored under it. */
  async function put(url: string, place: number): Promise<number> {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `key-${place}` };
    const answer = await request<Stored>(`${url}/imports`, { method: 'POST', headers, body: body(place) });
    assert.equal(answer.status, 201, answer.text);
    return answer.body.data.import_id;
  }
  const pathsOf = (id: number) => [
    `/imports/${id}/citizens`,
    `/imports/${id}/citizens/birthdays`,
    `/imports/${id}/towns/stat/percentile/age`,
  ];
  async function readEtags(url: string): Promise<Map<string, string | null>> {
    const found = new Map<string, string | null>();
    for (const id of ids) {
      for (const path of pathsOf(id)) found.set(path, (await request(`${url}${path}`)).headers.get('ETag'));
    }
    return found;
  }
  const historyOf = async (url: string, id: number) =>
    (await request<{ data: unknown[] }>(`${url}/imports/${id}/citizens/1/history`)).body.data;
  const check = (...args: string[]) =>
    runCommand(SVODKA, ['check', ...args], { env: { SVODKA_URL: service.url, SVODKA_TOKEN: adminToken } });

  let history: unknown[] = [];
  let dataDir = '';
  const [ports, routerPort] = [{ one: 0, two: 0 }, freePort()];

  const writeTopology = (uuids: object) =>
    writeFileSync(
      topologyPath,
      JSON.stringify({
        ...{ bucket_count: BUCKETS, user: 'shard', first: 'one', uuids },
        sets: {
          one: { instances: { 'one-a': `127.0.0.1:${ports.one}` } },
          two: { instances: { 'two-a': `127.0.0.1:${ports.two}` } },
        },
      }),
    );

  /** Runs svodka-to-shards on the folder of the node. */
  const move = () =>
    promisify(execFile)(join(projectDir, 'tarantool', 'bin', 'svodka-to-shards'), [], {
      env: { PATH: process.env['PATH'] ?? '', SVODKA_TARANTOOL_DIR: dataDir, SVODKA_INSTANCE: 'one-a', ...shards },
    });

  before(async () => {
    ports.one = await freePort();
    ports.two = await freePort();
    const pair = await startPair();
    dataDir = pair.tarantool.dataDir;
    const { url } = pair.service;
    for (let place = 0; place < IMPORTS; place++) ids.push(await put(url, place));
    for (const id of ids) {
      for (const town of ['Керчь', 'Псков']) {
        assert.equal((await sendJson('PATCH', `${url}/imports/${id}/citizens/1`, { town })).status, 200);
      }
    }
    adminToken = readAdminToken(pair.service.dataDir);
    userToken = (await addUser(url, callerWith(url, adminToken), 'lisa', ['operator'])).token ?? '';
    for (const [path, etag] of await readEtags(url)) etags.set(path, etag);
    history = await historyOf(url, ids[0] as number);
    const before_ = await runCommand(SVODKA, ['check', '--save', saved], {
      env: { SVODKA_URL: url, SVODKA_TOKEN: adminToken },
    });
    assert.equal(before_.code, 0, before_.stdout);
    await pair.service.stop();
    await pair.tarantool.end();

    writeTopology({});
    const refused = await move().catch((reason) => String(reason.stderr));
    writeTopology(JSON.parse(/"uuids": (\{.*\})/.exec(String(refused))?.[1] ?? '{}'));
    const { stdout } = await move();
    assert.match(stdout, new RegExp(`^done: ${IMPORTS} imports and \\d+ citizens are in the ${BUCKETS} buckets`));

    const storage = (name: 'one' | 'two', more: object = {}) =>
      startTarantool({ over: { port: ports[name] }, env: { ...shards, SVODKA_INSTANCE: `${name}-a` }, ...more });
    started.push(await storage('one', { dataDir }), await storage('two'));
    const script = join(projectDir, 'tarantool', 'router.lua');
    const router = await startTarantool({ over: { port: await routerPort }, script, env: shards });
    started.push(router);
    service = await startService({ env: settingsForRouters([router]) });
  });
  after(async () => {
    await service?.stop();
    await Promise.all(started.map((each) => each.end('SIGKILL')));
  });

  /** Ids, versions, digests and counts are as before; so are tags and histories. */
  async function assertAsBefore(): Promise<void> {
    const compared = await check('--against', saved);
    assert.equal(compared.code, 0, compared.stdout + compared.stderr);
    assert.match(compared.stdout, new RegExp(`^${BUCKETS} buckets on 2 sets: each on one of them$`, 'm'));
    assert.match(compared.stdout, /^40 imports, .*: all agree, 0 differences from /m);
    assert.deepEqual(await readEtags(service.url), etags);
    assert.deepEqual(await historyOf(service.url, ids[0] as number), history);
  }

  it('has all imports as before', assertAsBefore);

  it('has its users, and finds imports by their keys', async () => {
    const me = await callerWith(service.url, userToken).get<{ username: string }>('/api/v1/me');
    assert.deepEqual([me.status, me.body.username], [200, 'lisa']);
    for (const [place, id] of ids.entries()) assert.equal(await put(service.url, place), id);
  });

  it('gives buckets to the other set, and has all imports as before', async () => {
    const two = started[1] as RunningTarantool;
    await until(
      'the buckets are distributed',
      async () => {
        const { buckets } = (await control(two.dataDir, { command: 'shard' })) as { buckets: Record<string, number> };
        return buckets['active'] === BUCKETS / 2;
      },
      REBALANCING_MS,
    );
    await assertAsBefore();
    for (const [place, id] of ids.entries()) assert.equal(await put(service.url, place), id);
  });

  it('takes imports and changes', async () => {
    const id = await put(service.url, IMPORTS);
    assert.ok(id > 1e9, 'an id of a cluster');
    for (const each of [id, ids[3], ids[4]]) {
      const changed = await sendJson('PATCH', `${service.url}/imports/${each}/citizens/2`, { town: 'Тверь' });
      assert.equal(changed.status, 200, changed.text);
    }
    assert.equal((await request(`${service.url}/imports/${ids[5]}`, { method: 'DELETE' })).status, 204);
    assert.equal((await check()).code, 0);
  });

  it('is asked and steered by svodka-shards', async () => {
    const shardsCommand = async (instance: 0 | 1 | 2, ...args: string[]) => {
      const env = { PATH: process.env['PATH'] ?? '', SVODKA_TARANTOOL_DIR: started[instance]?.dataDir ?? '' };
      const run = promisify(execFile)(join(projectDir, 'tarantool', 'bin', 'svodka-shards'), args, { env });
      return run.then(
        ({ stdout }) => stdout.trim(),
        ({ stderr }) => String(stderr).trim(),
      );
    };
    const status = JSON.parse(await shardsCommand(1, 'status'));
    assert.deepEqual([status.set, status.is_primary, status.buckets.active], ['two', true, BUCKETS / 2]);
    const ofRouter = JSON.parse(await shardsCommand(2, 'status'));
    assert.deepEqual([ofRouter.role, ofRouter.sets], ['router', { one: true, two: true }]);
    for (const instance of [0, 1, 2] as const) {
      assert.equal(await shardsCommand(instance, 'reload'), 'the topology was read again');
    }
    for (const instance of [0, 1] as const) {
      assert.equal(await shardsCommand(instance, 'rebalancer', 'off'), 'the rebalancer is off');
    }
    const { buckets } = (await control(dataDir, { command: 'buckets' })) as { buckets: [number, string][] };
    const bucket = buckets.find(([, state]) => state === 'active')?.[0];
    assert.match(await shardsCommand(0, 'send', String(bucket), 'two'), /^bucket \d+ was moved to two in [\d.]+ s$/);
    assert.equal(await shardsCommand(0, 'send', '1', 'three'), 'no set is called three');
    assert.equal(JSON.parse(await shardsCommand(1, 'status')).buckets.active, BUCKETS / 2 + 1);
    for (const instance of [0, 1] as const) {
      assert.equal(await shardsCommand(instance, 'rebalancer', 'on'), 'the rebalancer is on');
    }
    assert.match(await shardsCommand(0, 'nonsense'), /^usage: svodka-shards /);
    assert.equal((await check()).code, 0);
  });

  it('does not take the buckets back when the first set starts again', async () => {
    await started[0]?.end();
    started[0] = await startTarantool({
      over: { port: ports.one },
      dataDir,
      env: { ...shards, SVODKA_INSTANCE: 'one-a' },
    });
    await until('all is served again', async () => (await check()).code === 0, REBALANCING_MS);
  });

  it('names a bucket that is active on two sets', async () => {
    const { buckets } = (await control(dataDir, { command: 'buckets' })) as { buckets: [number, string][] };
    const bucket = buckets.find(([, state]) => state === 'active')?.[0] as number;
    const address = { host: '127.0.0.1', port: ports.two };
    const db = await connectClient({ address, user: 'shard', password: shards.SVODKA_SHARDS_PASSWORD });
    const create: Procedure<[bucket: number], []> = { name: 'vshard.storage.bucket_force_create', kind: 'write' };
    await db.call(create, [bucket]);
    await closeClients();
    const wrong = await check();
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, new RegExp(`│ ${bucket} +│ (one, two|two, one) +│`));
    assert.match(wrong.stdout, new RegExp(`^${BUCKETS} buckets on 2 sets: 1 bucket wrong$`, 'm'));
  });
});
