import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { createImportsRepository } from '../../../app/census/imports/repository.js';
import type { Client } from '../../../app/db/client.js';
import { PROCEDURES } from '../../../app/db/procedures.js';
import { packRows } from '../../support/census/rows.js';
import { closeClients, connectClient, outcomeOf } from '../../support/db/db_client.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { freePort } from '../../support/ports.js';
import { untilGone } from '../../support/processes.js';
import { launchService, type RunningService, startService } from '../../support/service.js';
import { mountSmallDisk, type SmallDisk } from '../../support/small_disk.js';
import { until } from '../../support/until.js';

async function storeImport(db: Client): Promise<void> {
  const writer = createImportsRepository(db).createWriter(() => {});
  for (const rows of packRows(makeCitizens(1_000, 0))) await writer.add({ rows, bytes: rows.length, isLast: true });
  await writer.finish({ citizenCount: 1_000, bytes: 1 });
}

const probe = mountSmallDisk(1);
probe?.unmount();
const skip = probe === undefined && 'nothing may be mounted here';
const DISK_MB = 32;
/** Deleting an import is the smallest write. */
const SPARE_IMPORTS = 10;

describe('a full disk', { skip }, () => {
  let disk: SmallDisk;
  let dataDir: string;
  let service: RunningService;
  let importId: number;
  let stored: string;
  const list = () => `${service.url}/imports/${importId}/citizens`;
  const patch = (town: string) => sendJson('PATCH', `${list()}/7`, { town });
  const send = (count: number) =>
    sendJson('POST', `${service.url}/imports`, { citizens: makeCitizens(count, Math.floor(count / 10)) });
  const remove = (id: number) => request(`${service.url}/imports/${id}`, { method: 'DELETE' });
  const start = async () => {
    service = await startService({ dataDir });
  };

  /** Fills the disk, and the space reserved for Tarantool's log, with ever smaller writes until none is accepted. */
  async function fill(): Promise<void> {
    disk.fill();
    for (const count of [3_000, 300, 30, 1]) while ((await send(count)).status === 201);
    while ((await patch('Псков')).status === 200);
    for (const id of spare.splice(0, SPARE_IMPORTS)) if ((await remove(id)).status !== 204) break;
    stored = (await request(list())).text;
  }
  const spare: number[] = [];

  before(async () => {
    disk = mountSmallDisk(DISK_MB) as SmallDisk;
    dataDir = join(disk.path, 'data');
    await start();
    importId = await postImport(service.url, makeCitizens(100, 10));
    for (let i = 0; i < 4 * SPARE_IMPORTS; i++) spare.push(await postImport(service.url, makeCitizens(1, 0)));
  });
  after(async () => {
    assert.equal(await service?.stop(), 0);
    disk.unmount();
  });

  async function assertReadsAlone() {
    await fill();
    assert.equal((await request(`${service.url}/health/ready`)).status, 200);
    for (const answer of [await patch('Тула'), await send(10), await send(3_000), await remove(importId)]) {
      assert.deepEqual([answer.status, (answer.body as Problem)?.code], [507, 'DISK_FULL'], answer.text);
    }
    assert.ok((await request(list())).text === stored, 'nothing was changed');
  }

  it('leaves reads as they are, and writes are refused with 507', async () => {
    await assertReadsAlone();
  });

  it('does not prevent a start, after an ordered stop and after kill -9', async () => {
    assert.equal(await service.stop(), 0);
    disk.fill();
    const before = stored;
    await start();
    assert.ok((await request(list())).text === before);
    await assertReadsAlone();
    const pid = service.tarantoolPid();
    await service.kill();
    await untilGone(pid);
    disk.fill();
    await start();
    await assertReadsAlone();
  });

  it('is named when a start must write, and changes nothing', async () => {
    assert.equal(await service.stop(), 0);
    disk.fill();
    const refused = launchService({ dataDir, env: { SVODKA_TARANTOOL_PASSWORD: 'another one' } });
    assert.equal(await refused.exited, 1);
    assert.match(refused.output(), /^Tarantool did not start: this start has to write .* and cannot: /m);
    await start();
    await assertReadsAlone();
  });

  it('is over as soon as there is room: writes work by themselves, and are there at the next start', async () => {
    disk.clear();
    const changed = await until('a write is taken', async () => {
      const { status } = await patch('Керчь');
      return status === 200;
    });
    assert.ok(changed);
    const after = (await request(list())).text;
    assert.notEqual(after, stored);
    const second = await postImport(service.url, makeCitizens(100, 10));
    await service.kill();
    await start();
    assert.ok((await request(list())).text === after);
    assert.equal((await request(`${service.url}/imports/${second}/citizens`)).status, 200);
  });
});

describe('a primary with a replica, on a full disk after an ordered stop', { skip }, () => {
  it('answers reads, and takes writes once it has taken away the mark of the stop', async () => {
    const disk = mountSmallDisk(DISK_MB) as SmallDisk;
    const env = { SVODKA_REPLICATION_PASSWORD: 'of-replicas' };
    const options = { dataDir: disk.path, env };
    try {
      await (await startTarantool(options)).end();
      disk.fill();
      const tarantool = await startTarantool(options);
      assert.equal(tarantool.details.role, 'primary');
      const db = await connectClient({ address: tarantool.address });
      const store = () => outcomeOf(storeImport(db));
      assert.equal(await store(), 'DISK_FULL');
      disk.clear();
      await until('writes are taken', async () => (await store()) === 'ok');
      await tarantool.end();
    } finally {
      await closeClients();
      disk.unmount();
    }
  });
});

describe('a replica on a full disk', { skip }, () => {
  it('stops following, and follows again when there is room', async () => {
    const disk = mountSmallDisk(DISK_MB) as SmallDisk;
    const [port, peerPort] = [await freePort(), await freePort()];
    const env = { SVODKA_REPLICATION_PASSWORD: 'of-replicas' };
    const primary = await startTarantool({ over: { port }, env: { ...env, SVODKA_PEER: `127.0.0.1:${peerPort}` } });
    const replica = await startTarantool({
      over: { port: peerPort },
      dataDir: disk.path,
      env: { ...env, SVODKA_PEER: `127.0.0.1:${port}`, SVODKA_STANDBY: '1' },
    });
    try {
      const db = await connectClient({ address: primary.address });
      const follower = await connectClient({ address: replica.address });
      const state = async (client: Client) => (await client.call(PROCEDURES.replicationState, []))[0];
      assert.equal((await state(follower)).get('status'), 'follow');
      disk.fill();
      await until('the replica has stopped', async () => {
        await storeImport(db);
        return (await state(follower)).get('status') === 'stopped';
      });
      disk.clear();
      await until('the replica has all', async () => {
        const [here, there] = [await state(db), await state(follower)];
        return String(there.get('position')) === String(here.get('position'));
      });
    } finally {
      await closeClients();
      await replica.end('SIGKILL');
      await primary.end('SIGKILL');
      disk.unmount();
    }
  });
});
