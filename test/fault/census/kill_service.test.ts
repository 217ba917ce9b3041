import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { after, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { listCitizens } from '../../support/census/citizens.js';
import { countFaults, INSPECT, inspectService, scriptedTarantool, untilSwept } from '../../support/db/inspect.js';
import { postImport } from '../../support/http/http.js';
import { createLoad, patchedCitizens } from '../../support/http/load.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { untilGone } from '../../support/processes.js';
import { launchService, type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const KILLS = IS_NIGHTLY ? 30 : 3;
const STARTING_STOPS = IS_NIGHTLY ? 60 : 5;

async function storedIds(service: RunningService): Promise<number[]> {
  const db = await inspectService(service);
  try {
    await untilSwept(db);
    assert.deepEqual(await countFaults(db), []);
    const [importIds] = await db.call(INSPECT.importIds, []);
    return importIds;
  } finally {
    await db.close();
  }
}

describe('the service, killed with SIGKILL under load', () => {
  let service: RunningService;
  after(() => service?.kill());

  it('takes its Tarantool with it, and started again on the same folder it has all that was acknowledged', async () => {
    const env = scriptedTarantool();
    service = await startService({ env });
    const load = createLoad(await postImport(service.url, patchedCitizens()));
    for (let kill = 1; kill <= KILLS; kill++) {
      const clients = load.run(service.url);
      const enough = load.acknowledgedCount() + kill * 7;
      await until('clients are served', () => load.acknowledgedCount() >= enough);
      const tarantoolPid = service.tarantoolPid();
      await service.kill();
      await clients.stop();
      await untilGone(tarantoolPid);
      service = await startService({ env, dataDir: service.dataDir });
    }
    assert.deepEqual(await load.faults(service.url, await storedIds(service)), []);
    assert.deepEqual([...load.statuses().keys()].sort(), [200, 201, 'cut']);
  });

  it('can be started again at once, while the Tarantool of the killed one is still leaving', async () => {
    const citizens = makeCitizens(3, 1);
    const importId = await postImport(service.url, citizens);
    await service.kill();
    service = await startService({ env: scriptedTarantool(), dataDir: service.dataDir });
    assert.deepEqual(await listCitizens(service.url, importId), citizens);
  });
});

/** A POST of an import whose headers the service has received and whose body it awaits. */
async function beginImport(url: string, body: Buffer): Promise<ClientRequest> {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length, Expect: '100-continue' };
  const begun = httpRequest(`${url}/imports`, { method: 'POST', agent: false, headers });
  begun.flushHeaders();
  await once(begun, 'continue');
  begun.write(body.subarray(0, 1000));
  return begun;
}

describe('the service, told to stop with SIGTERM', () => {
  it('gives requests under way their answers, exits with 0 and has all of it afterwards', async () => {
    const env = scriptedTarantool();
    const first = launchService({ env });
    const [, url = ''] = await first.said(/listens at (http:\S+)/);
    const citizens = makeCitizens(5000, 300);
    const body = Buffer.from(JSON.stringify({ citizens }));
    const begun = await Promise.all(Array.from({ length: 5 }, () => beginImport(url, body)));
    const tarantoolPid = first.tarantoolPid();

    first.child.kill('SIGTERM');
    await first.said(/"stopping"/);
    const responses = begun.map((request) => once(request, 'response') as Promise<[IncomingMessage]>);
    for (const request of begun) request.end(body.subarray(1000));
    const answers = await Promise.all(
      responses.map(async (response) => {
        const [message] = await response;
        const text = (await message.toArray()).join('');
        return { status: message.statusCode, importId: JSON.parse(text).data?.import_id as number };
      }),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201, 201, 201],
    );
    assert.equal(await first.exited, 0);
    await untilGone(tarantoolPid);

    const second = await startService({ env, dataDir: first.dataDir });
    for (const { importId } of answers) assert.deepEqual(await listCitizens(second.url, importId), citizens);
    assert.equal(await second.stop(), 0);
  });

  it('loses nothing of what it acknowledged under load, stores nothing half and exits with 0', async () => {
    const env = scriptedTarantool();
    const first = await startService({ env });
    const load = createLoad(await postImport(first.url, patchedCitizens()));
    const clients = load.run(first.url);
    await until('clients are served', () => load.acknowledgedCount() >= 60);
    assert.equal(await first.stop(), 0);
    await clients.stop();

    const second = await startService({ env, dataDir: first.dataDir });
    assert.deepEqual(await load.faults(second.url, await storedIds(second)), []);
    assert.deepEqual(
      [...load.statuses().keys()].filter((status) => status !== 'cut').sort(),
      [200, 201],
      'nobody got an error for an answer',
    );
    assert.equal(await second.stop(), 0);
  });

  it('stops in order at whatever moment of its start the signal comes, and leaves no Tarantool behind', async () => {
    const { dataDir, ...first } = await startService();
    assert.equal(await first.stop(), 0);
    // In each round the signal comes later, from the first log line on; in the last round the service is ready.
    for (let moment = 0; moment < STARTING_STOPS; moment++) {
      const service = launchService({ dataDir, env: { SVODKA_LOG_LEVEL: 'debug' } });
      // Counts Tarantool's log lines at debug level instead of time, to be independent of the machine's speed.
      await new Promise<void>((resolve) => {
        service.child.stdout?.on('data', () => {
          const lineCount = service.output().split('"fiber"').length - 1;
          if (lineCount > moment * 5 || service.output().includes('listens at')) resolve();
        });
      });
      service.child.kill('SIGTERM');
      assert.equal(await service.exited, 0, service.output());
      assert.doesNotMatch(service.output(), /Tarantool died|"level":50/);
    }
    const last = await startService({ dataDir });
    assert.equal(await last.stop(), 0);
  });
});
