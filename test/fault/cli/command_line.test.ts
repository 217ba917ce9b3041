import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import type { Client } from '../../../app/db/client.js';
import { listCitizens } from '../../support/census/citizens.js';
import { makeFile, startSvodka, svodka } from '../../support/command_line.js';
import { INSPECT, inspectService, scriptedTarantool, untilSwept } from '../../support/db/inspect.js';
import { type BadNet, startBadNet } from '../../support/http/bad_net.js';
import { untilGone } from '../../support/processes.js';
import { type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const lines = (count: number) =>
  makeCitizens(count, 100)
    .map((citizen) => `${JSON.stringify(citizen)}\n`)
    .join('');

async function importIds(db: Client): Promise<number[]> {
  await untilSwept(db);
  const [ids] = await db.call(INSPECT.importIds, []);
  return ids;
}

describe('svodka import, when something is lost midway', () => {
  const small = makeFile('small.ndjson', lines(1200));
  let service: RunningService;
  let db: Client;
  let net: BadNet | undefined;
  before(async () => {
    service = await startService({ env: scriptedTarantool() });
    db = await inspectService(service);
  });
  afterEach(async () => {
    await net?.close();
    net = undefined;
  });
  after(async () => {
    await db.close();
    await service.stop();
  });

  /** The service behind a proxy that withholds its answers. */
  async function silentUrl(): Promise<string> {
    net = await startBadNet({ host: '127.0.0.1', port: service.port });
    net.hold();
    return `http://127.0.0.1:${net.address.port}`;
  }

  async function untilStored(countBefore: number): Promise<void> {
    await until('it is stored', async () => {
      const [ids] = await db.call(INSPECT.importIds, []);
      return ids.length > countBefore;
    });
  }

  it('ends with Ctrl-C, says that nothing was stored, and that is so', async () => {
    const idsBefore = await importIds(db);
    const running = startSvodka(['import', '-', '--format', 'ndjson', '--watch'], service.url);
    running.child.stdin?.write(lines(5000));
    await running.complained(/^import \d+: [\d,]+ citizens stored/m);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    assert.deepEqual([code, stdout], [130, '']);
    assert.match(stderr, /^Stopped\. Nothing was stored\.\n$/m);
    assert.deepEqual(await importIds(db), idsBefore);
  });

  it('does not say so of what was sent in full: the key that it names then tells', async () => {
    const idsBefore = await importIds(db);
    const running = startSvodka(['import', small], await silentUrl());
    await untilStored(idsBefore.length);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130);
    const [, key = ''] = /^Stopped\. It was sent in full and may be stored\. .* --key '(\S+)' /m.exec(stderr) ?? [];
    const { stdout } = await svodka(['import', small, '--key', key], service.url);
    assert.match(stdout, /^import \d+: 1,200 citizens, stored before with this key\n$/);
    assert.equal((await importIds(db)).length, idsBefore.length + 1);
  });

  it('asks again when the answer is lost, and the import is stored once', async () => {
    const idsBefore = await importIds(db);
    const running = startSvodka(['import', small], await silentUrl());
    await untilStored(idsBefore.length);
    net?.cut();
    net?.release();
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0);
    assert.match(stdout, /^import \d+: 1,200 citizens in .* s\n$/);
    assert.match(stderr, /was lost \(\w+\); trying again in 0\.[56] s \(1 of 5\)$/m);
    assert.equal((await importIds(db)).length, idsBefore.length + 1);
  });

  it('does not ask again with what came from stdin, and names the key', async () => {
    const idsBefore = await importIds(db);
    const running = startSvodka(['import', '-', '--format', 'ndjson'], await silentUrl());
    running.child.stdin?.end(lines(10));
    await untilStored(idsBefore.length);
    net?.cut();
    const { code, stderr } = await running.ended;
    assert.equal(code, 3);
    assert.match(stderr, /was lost \(\w+\), and stdin cannot be read again\. It was sent in full and may be stored\./);
  });

  it('goes on when the service was killed and is back, and the import is stored once', async () => {
    const idsBefore = await importIds(db);
    const running = startSvodka(['import', makeFile('large.ndjson', lines(200_000)), '--watch'], service.url);
    await running.complained(/^import \d+: [\d,]+ citizens stored/m);
    const { port, dataDir } = service;
    const tarantoolPid = service.tarantoolPid();
    await service.kill();
    await db.close();
    await untilGone(tarantoolPid);
    service = await startService({ env: { ...scriptedTarantool(), SVODKA_PORT: String(port) }, dataDir });
    db = await inspectService(service);
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /was lost \(\w+\); trying again in 0\.[56] s \(1 of 5\)$/m);
    const [, importId] = /^import (\d+): 200,000 citizens in .* s\n$/.exec(stdout) ?? [];
    assert.deepEqual(await importIds(db), [...idsBefore, Number(importId)]);
    assert.equal((await listCitizens(service.url, Number(importId))).length, 200_000);
  });
});

describe('svodka import, when the service is away', () => {
  const file = makeFile('small.ndjson', lines(10));

  it('says so at once when nobody is there, in words that help', async () => {
    // Nothing listens at port 1.
    const { code, stdout, stderr } = await svodka(['import', file], 'http://user:secret@127.0.0.1:1');
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(
      stderr,
      /^Svodka does not answer at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)\. Nothing was stored\.$/m,
    );
    assert.match(stderr, /npm start/);
    assert.doesNotMatch(stderr, /secret|^ +at /m);
  });

  describe('with its database', () => {
    let service: RunningService;
    before(async () => {
      service = await startService({
        env: { SVODKA_TARANTOOL_URI: '127.0.0.1:1', SVODKA_TARANTOOL_PASSWORD: 'of nobody' },
      });
    });
    after(() => service.stop());

    it('waits and tries again, until it is told to stop: with SIGTERM here', async () => {
      const running = startSvodka(['import', file], service.url);
      await running.complained(/answered 503: .* \(DATABASE_AWAY\); trying again in \d\.\d s \(2 of 5\)/);
      running.child.kill('SIGTERM');
      const { code, stderr } = await running.ended;
      assert.equal(code, 143);
      assert.match(stderr, /^Stopped\. Nothing was stored\.$/m);
    });

    it('says so at once where it cannot send again', async () => {
      const { code, stderr } = await svodka(['import', '-', '--format', 'ndjson'], service.url, lines(10));
      assert.equal(code, 3);
      assert.match(stderr, /\(DATABASE_AWAY\), and stdin cannot be read again\. Nothing was stored\.$/m);
    });
  });
});
