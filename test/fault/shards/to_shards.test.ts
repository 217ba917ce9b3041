import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { startPair } from '../../support/db/external.js';
import { makeFolder, projectDir } from '../../support/folder.js';
import { postImport, request, sendJson } from '../../support/http/http.js';

/** Bytes that the program has written when it is killed. All rows are some megabytes. */
const KILLS_AFTER_BYTES = [1, 40_000, 150_000, 400_000, 400_000];
const CITIZENS = 60_000;

type Ended = { code: number | null; signal: string | null; stdout: string; stderr: string };
type Rows = {
  spaces: Record<string, { rows: number; digest: string }>;
  wrong_buckets: number;
  has_all_buckets: boolean;
};

const topologyFile = join(makeFolder(), 'topology.json');
const topology = (more: object = {}) =>
  writeFileSync(
    topologyFile,
    JSON.stringify({
      ...{ bucket_count: 3000, user: 'shard', first: 'one' },
      sets: { one: { instances: { 'one-a': '127.0.0.1:3301' } }, two: { instances: { 'two-a': '127.0.0.1:3302' } } },
      ...more,
    }),
  );

describe('svodka-to-shards', () => {
  let dataDir = '';
  let expected: Rows;

  const logBytes = () =>
    readdirSync(dataDir)
      .filter((name) => name.endsWith('.xlog'))
      .reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0);

  async function run(program: string, env: Record<string, string>, killAfterBytes?: number): Promise<Ended> {
    const bytesBefore = logBytes();
    const child = spawn(process.env['SVODKA_TARANTOOL_BIN'] ?? 'tarantool', [join(projectDir, program)], {
      env: { PATH: process.env['PATH'], SVODKA_TARANTOOL_DIR: dataDir, ...env },
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text) => {
        texts[name] += text;
      });
    }
    const look = setInterval(() => {
      if (killAfterBytes !== undefined && logBytes() - bytesBefore >= killAfterBytes) child.kill('SIGKILL');
    }, 2);
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    clearInterval(look);
    return { code, signal, ...texts };
  }

  const move = (instance = 'one-a', killAfterBytes?: number) =>
    run('tarantool/bin/svodka-to-shards', { SVODKA_SHARDS: topologyFile, SVODKA_INSTANCE: instance }, killAfterBytes);
  const startSingleNode = () => run('tarantool/app.lua', { SVODKA_TARANTOOL_PASSWORD: 'x' });
  async function rows(): Promise<Rows> {
    const { stdout, stderr } = await run('test/support/shards/rows.lua', {});
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout);
  }

  before(async () => {
    const pair = await startPair();
    dataDir = pair.tarantool.dataDir;
    const { url } = pair.service;
    for (let i = 0; i < 5; i++) {
      const stored = await request<{ data: { import_id: number } }>(`${url}/imports`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `key-${i}` },
        body: JSON.stringify({ citizens: makeCitizens(20 + i * 300, 5 + i * 100) }),
      });
      assert.equal(stored.status, 201, stored.text);
      const importId = stored.body.data.import_id;
      for (let id = 1; id <= 5; id++) {
        const changes = { town: 'Керчь', relatives: [6 + id] };
        assert.equal((await sendJson('PATCH', `${url}/imports/${importId}/citizens/${id}`, changes)).status, 200);
      }
    }
    await postImport(url, makeCitizens(CITIZENS, CITIZENS / 2));
    await pair.service.stop();
    await pair.tarantool.end('SIGTERM');
    expected = await rows();
    topology();
  });

  it('changes nothing where the topology does not fit, and says what it lacks', async () => {
    const without = await move();
    assert.equal(without.code, 1);
    const [, uuids = '{}'] = /^nothing was changed: .* must have "uuids": (\{.*\})$/m.exec(without.stderr) ?? [];
    const given: Record<string, string> = JSON.parse(uuids);
    assert.deepEqual(Object.keys(given).sort(), ['one', 'one-a']);
    topology({ uuids: given });
    assert.match((await move('two-a')).stderr, /become those of the first set, one; two-a is of two/);
    assert.match((await move('three')).stderr, /has no instance three/);
    assert.deepEqual((await rows()).spaces, expected.spaces);
  });

  it('is killed, and nothing starts on the folder until it has been run again', async () => {
    for (const bytes of KILLS_AFTER_BYTES) {
      assert.equal((await move('one-a', bytes)).signal, 'SIGKILL');
      if (bytes !== KILLS_AFTER_BYTES[0]) continue;
      assert.match((await startSingleNode()).stdout, /"svodka-to-shards was interrupted in the folder: run it again"/);
    }
  });

  it('keeps every row of every space', async () => {
    const ended = await move();
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /^done: 6 imports and 63,?100 citizens are in the 3000 buckets of the set one$/m);
    const found = await rows();
    assert.deepEqual(found, { ...expected, has_all_buckets: true });
    assert.equal(found.spaces['idempotency_keys']?.rows, 5);
    assert.ok((found.spaces['citizen_history']?.rows ?? 0) >= 25);
  });

  it('does nothing when it is run again', async () => {
    const again = await move();
    assert.deepEqual([again.code, again.stdout], [0, 'these are the data of a cluster already\n']);
    assert.deepEqual(await rows(), { ...expected, has_all_buckets: true });
  });

  it('leaves no data that a single node would start on', async () => {
    const started = await startSingleNode();
    assert.equal(started.code, 1);
    assert.match(
      started.stdout,
      /"the data in the folder are of a storage: SVODKA_SHARDS must name its topology.json"/,
    );
  });
});
