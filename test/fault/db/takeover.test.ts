import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { citizen, listCitizens, relativesFaults } from '../../support/census/citizens.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { countFaults, INSPECT, INSPECT_SCRIPT, untilSwept } from '../../support/db/inspect.js';
import { type Replicas, startReplicas } from '../../support/db/replicas.js';
import { postImport, request, sendJson } from '../../support/http/http.js';
import { createLoad, type Load, patchedCitizens } from '../../support/http/load.js';
import { until } from '../../support/until.js';

/** Enough load before and after that imports of several chunks are in progress at any moment. */
const ENOUGH_ANSWERS = 60;
const PATCHING_CLIENTS = 8;

let replicas: Replicas;
afterEach(async () => {
  await closeClients();
  await replicas.stop();
});

async function isReady(): Promise<boolean> {
  return (await request(`${replicas.service.url}/health/ready`)).status === 200;
}

/** Resolves once the replica has all the primary's data. */
async function untilFollowed(importId: number): Promise<void> {
  await until('the replica has all', async () => {
    const answer = await request(`${replicas.service.url}/imports/${importId}?max_staleness_ms=60000`);
    return answer.headers.get('X-Served-By') === 'replica';
  });
}

async function untilWorked(load: Load): Promise<void> {
  const enough = load.acknowledgedCount() + ENOUGH_ANSWERS;
  await until('clients are served', () => load.acknowledgedCount() >= enough);
}

function inspect(place: 0 | 1) {
  return connectClient({ address: replicas.nodes[place].address });
}

/** Compares the new primary's data with the answers that clients received; returns the mismatches. */
async function faultsOf(load: Load): Promise<unknown[]> {
  const db = await inspect(1);
  const [importIds] = await db.call(INSPECT.importIds, []);
  await untilSwept(db);
  return [...(await load.faults(replicas.service.url, importIds)), ...(await countFaults(db))];
}

describe('a takeover', () => {
  it('from a primary that runs, amid writes: nothing that was acknowledged is lost, and the old one follows by itself', async (t) => {
    replicas = await startReplicas(INSPECT_SCRIPT);
    const patchedId = await postImport(replicas.service.url, patchedCitizens());
    const load = createLoad(patchedId);
    await untilFollowed(patchedId);
    const clients = load.run(replicas.service.url);
    await untilWorked(load);
    const startedAt = performance.now();
    const { code, text } = await replicas.nodes[1].takeOver();
    t.diagnostic(`the command took ${Math.round(performance.now() - startedAt)} ms`);
    assert.equal(code, 0, text);
    assert.match(text, /lost: nothing/);
    await untilWorked(load);
    t.diagnostic(`served again ${Math.round(performance.now() - startedAt)} ms after its start`);
    await clients.stop();
    assert.deepEqual([...load.statuses().keys()].sort(), [200, 201, 503]);
    assert.deepEqual(await faultsOf(load), []);
    await untilFollowed(await postImport(replicas.service.url, [citizen(1)]));
    assert.match(replicas.running[0].log(), /this instance is replica of term 2/);
  });

  it('from a primary that was stopped in order, amid writes: nothing that was acknowledged is lost', async () => {
    replicas = await startReplicas(INSPECT_SCRIPT);
    const patchedId = await postImport(replicas.service.url, patchedCitizens());
    const load = createLoad(patchedId);
    await untilFollowed(patchedId);
    const clients = load.run(replicas.service.url);
    await untilWorked(load);
    await replicas.running[0].end('SIGTERM');
    const { code, text } = await replicas.nodes[1].takeOver();
    assert.equal(code, 0, text);
    assert.match(text, /lost: nothing/);
    await untilWorked(load);
    await clients.stop();
    assert.deepEqual([...load.statuses().keys()].sort(), [200, 201, 503]);
    assert.deepEqual(await faultsOf(load), []);

    replicas.running[0] = await replicas.nodes[0].start();
    assert.equal(replicas.running[0].details.role, 'replica', 'the old one does not come back as a second primary');
    await untilFollowed(await postImport(replicas.service.url, [citizen(1)]));
  });

  it('from a primary that was killed: asked for twice, whole in what it has, for good, and the old one is copied anew', async (t) => {
    replicas = await startReplicas(INSPECT_SCRIPT);
    const { url } = replicas.service;
    const people = Array.from({ length: PATCHING_CLIENTS }, (_, place) => citizen(place + 1, { apartment: 0 }));
    const patchedId = await postImport(url, people);
    await untilFollowed(patchedId);

    // Each client increments its own citizen; `told` holds its last acknowledged value.
    const told = people.map(() => 0);
    let lastImportId = 0;
    let goesOn = true;
    const work = [
      ...people.map(async ({ citizen_id: id }, place) => {
        for (let step = 1; goesOn; step++) {
          const answer = await patch(patchedId, id, { apartment: step, name: `step ${step}` });
          if (answer === 200) told[place] = step;
        }
      }),
      (async () => {
        while (goesOn) lastImportId = await postImport(url, [citizen(1), citizen(2)]).catch(() => lastImportId);
      })(),
    ];
    await until('there is enough', () => told.every((steps) => steps > 30));
    await replicas.running[0].end('SIGKILL');
    goesOn = false;
    await Promise.all(work);

    const refused = await replicas.nodes[1].takeOver();
    assert.equal(refused.code, 1);
    assert.match(refused.text, /was not stopped in order/);
    const startedAt = performance.now();
    const { code, text } = await replicas.nodes[1].takeOver('--lossy');
    assert.equal(code, 0, text);
    assert.match(text, /lost: unknown/);
    await until('it is served again', isReady);
    t.diagnostic(`served again ${Math.round(performance.now() - startedAt)} ms after the start of the command`);

    const stored = await listCitizens(url, patchedId);
    const lost = stored.map(({ apartment }, place) => Math.max(0, (told[place] as number) - apartment));
    t.diagnostic(`PATCHes acknowledged ${sum(told)}, of which lost ${sum(lost)}`);
    for (const { apartment, name } of stored)
      assert.equal(name, apartment === 0 ? citizen(1).name : `step ${apartment}`);
    assert.deepEqual(await countFaults(await inspect(1)), []);
    const newId = await postImport(url, [citizen(1)]);
    assert.ok(
      newId > lastImportId + 1000,
      `an id that may be lost, up to ${lastImportId}, is not given again: ${newId}`,
    );

    await replicas.running[1].end('SIGKILL');
    replicas.running[1] = await replicas.nodes[1].start();
    assert.equal(replicas.running[1].details.role, 'primary', 'it stays what it is when it is started again');
    await until('it is served again', isReady);
    assert.deepEqual(await listCitizens(url, patchedId), stored);

    await replicas.nodes[0].wipe();
    replicas.running[0] = await replicas.nodes[0].start();
    assert.equal(replicas.running[0].details.role, 'replica', 'an empty one copies the primary that there is');
    await untilFollowed(newId);
    assert.deepEqual(relativesFaults(await staleCitizens(patchedId)), []);
    assert.deepEqual(await staleCitizens(patchedId), stored);
  });

  it('leaves an old primary that has writes which were lost outside, with words of what to do', async () => {
    replicas = await startReplicas();
    await untilFollowed(await postImport(replicas.service.url, [citizen(1)]));
    replicas.net.hold();
    await postImport(replicas.service.url, [citizen(1)]);
    await replicas.running[0].end('SIGKILL');
    assert.equal((await replicas.nodes[1].takeOver('--lossy')).code, 0);
    replicas.net.release();
    await assert.rejects(replicas.nodes[0].start(), /svodka-restore --none.*DIVERGED/);
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function patch(importId: number, citizenId: number, changes: Partial<Citizen>): Promise<number | undefined> {
  const url = `${replicas.service.url}/imports/${importId}/citizens/${citizenId}`;
  return (await sendJson('PATCH', url, changes).catch(() => undefined))?.status;
}

/** The values stored on the replica. */
async function staleCitizens(importId: number): Promise<Citizen[]> {
  const url = `${replicas.service.url}/imports/${importId}/citizens?max_staleness_ms=60000`;
  const answer = await request<{ data: Citizen[] }>(url);
  assert.equal(answer.headers.get('X-Served-By'), 'replica');
  return answer.body.data;
}
