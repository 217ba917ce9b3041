import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { PROCEDURES } from '../../../app/census/imports/procedures.js';
import { ByteString } from '../../../app/db/wire/msgpack.js';
import { listCitizens } from '../../support/census/citizens.js';
import { packRows } from '../../support/census/rows.js';
import { closeClients, connectClient, outcomeOf } from '../../support/db/db_client.js';
import { settingsFor } from '../../support/db/external.js';
import { type Replicas, startReplicas } from '../../support/db/replicas.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { type Answer, type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const READS = ['', '/citizens', '/citizens?limit=2', '/citizens/1', '/citizens/birthdays', '/citizens?gender=male'];

function servedBy({ headers }: Answer<unknown>): string {
  return `${headers.get('X-Served-By')}`;
}

function stalenessOf({ headers }: Answer<unknown>): number {
  return Number(headers.get('X-Staleness-Ms'));
}

function allowing(url: string, staleMs: number): string {
  return `${url}${url.includes('?') ? '&' : '?'}max_staleness_ms=${staleMs}`;
}

describe('a replica', () => {
  let replicas: Replicas;
  let url: string;
  let importUrl: string;
  /** Resolves once the replica answers a read about the import. */
  const untilServed = (path = '') =>
    until('the replica answers', async () => {
      return servedBy(await request(allowing(`${importUrl}${path}`, 60_000))) === 'replica';
    });
  before(async () => {
    replicas = await startReplicas();
    url = replicas.service.url;
    importUrl = `${url}/imports/${await postImport(url, makeCitizens(30, 10))}`;
    await untilServed();
  });
  after(async () => {
    await closeClients();
    await replicas.stop();
  });

  for (const path of READS) {
    it(`answers what the primary does, with the same ETag, and says so: GET /imports/{import_id}${path}`, async () => {
      const fresh = await request(`${importUrl}${path}`);
      const stale = await request(allowing(`${importUrl}${path}`, 60_000));
      assert.equal(fresh.headers.get('X-Served-By'), null, 'who does not ask is not told');
      assert.equal(servedBy(stale), 'replica');
      assert.ok(stalenessOf(stale) >= 0 && stalenessOf(stale) < 60_000);
      assert.equal(stale.text, fresh.text);
      assert.equal(stale.headers.get('ETag'), fresh.headers.get('ETag'));
      assert.equal(stale.headers.get('X-Data-Version'), fresh.headers.get('X-Data-Version'));
    });
  }

  it('is a few hundred milliseconds behind at most while all is well', async (t) => {
    const seen: number[] = [];
    for (let turn = 0; turn < 50; turn++) {
      const answer = await request(allowing(importUrl, 60_000));
      if (servedBy(answer) === 'replica') seen.push(stalenessOf(answer));
      await sleep(20);
    }
    seen.sort((a, b) => a - b);
    t.diagnostic(`X-Staleness-Ms: median ${seen[Math.floor(seen.length / 2)]}, most ${seen.at(-1)}`);
    assert.ok(seen.length > 25);
    assert.ok((seen[Math.floor(seen.length / 2)] as number) < 1_000);
  });

  it('gives way to the primary when the answer may lack nothing', async () => {
    const answer = await request(allowing(importUrl, 0));
    assert.equal(answer.status, 200);
    assert.equal(servedBy(answer), 'primary');
    assert.equal(stalenessOf(answer), 0);
  });

  it('answers the list of imports too', async () => {
    assert.equal(servedBy(await request(allowing(`${url}/imports`, 60_000))), 'replica');
  });

  for (const given of ['', 'x', '-1', '1.5', '1&max_staleness_ms=2']) {
    it(`is not asked by max_staleness_ms=${given}`, async () => {
      const { status, body } = await request<Problem>(`${importUrl}?max_staleness_ms=${given}`);
      assert.deepEqual([status, body.errors?.[0]?.pointer], [400, '/query/max_staleness_ms']);
    });
  }

  it('refuses to write, in words that mean that nothing was stored', async () => {
    const client = await connectClient({ address: replicas.nodes[1].address });
    const [rows] = packRows(makeCitizens(1, 0)).map((chunk) => new ByteString(chunk)) as [ByteString];
    const call = client.call(PROCEDURES.createImport, [rows, 0, null, null, null]);
    assert.equal(await outcomeOf(call), 'DATABASE_AWAY');
    assert.equal((await request<{ data: unknown[] }>(`${url}/imports`)).body.data.length, 1);
  });

  it('never shows an import in part', async () => {
    const expected = makeCitizens(2500, 100);
    for (let turn = 0; turn < 5; turn++) {
      const importId = await postImport(url, expected);
      const answer = await request<{ data: unknown[] }>(allowing(`${url}/imports/${importId}/citizens`, 60_000));
      assert.equal(answer.status, 200, 'at worst the primary answers');
      assert.equal(answer.body.data.length, expected.length);
    }
  });
});

describe('a replica that hears nothing from its primary', () => {
  let replicas: Replicas;
  let importUrl: string;
  before(async () => {
    replicas = await startReplicas();
    importUrl = `${replicas.service.url}/imports/${await postImport(replicas.service.url, makeCitizens(30, 10))}`;
    await until('the replica answers', async () => {
      return servedBy(await request(allowing(`${importUrl}/citizens`, 60_000))) === 'replica';
    });
    replicas.net.hold();
  });
  after(() => replicas.stop());

  it('answers with the old data who allows that, the primary all others, and neither takes the ETag of the other', async () => {
    const before = await request(allowing(`${importUrl}/citizens`, 60_000));
    await sendJson('PATCH', `${importUrl}/citizens/1`, { town: 'Керчь' });
    const fresh = await request(`${importUrl}/citizens`);
    const stale = await request(allowing(`${importUrl}/citizens`, 60_000));
    assert.equal(servedBy(stale), 'replica');
    assert.equal(stale.text, before.text);
    assert.equal(stale.headers.get('ETag'), before.headers.get('ETag'));
    assert.notEqual(fresh.text, stale.text);
    assert.notEqual(fresh.headers.get('ETag'), stale.headers.get('ETag'));
    const again = await request(`${importUrl}/citizens`);
    assert.equal(again.text, fresh.text, 'what the primary said is kept as it was');

    const withFresh = { headers: { 'If-None-Match': fresh.headers.get('ETag') as string } };
    const withStale = { headers: { 'If-None-Match': stale.headers.get('ETag') as string } };
    assert.equal((await request(`${importUrl}/citizens`, withFresh)).status, 304);
    assert.equal((await request(`${importUrl}/citizens`, withStale)).status, 200);
    assert.equal((await request(allowing(`${importUrl}/citizens`, 60_000), withStale)).status, 304);
    assert.equal((await request(allowing(`${importUrl}/citizens`, 60_000), withFresh)).status, 200);
  });

  it('is passed over by who asks for a version that it does not have', async () => {
    const version = (await request(importUrl)).headers.get('X-Data-Version');
    const answer = await request(allowing(`${importUrl}/citizens/1?min_version=${version}`, 60_000));
    assert.equal(servedBy(answer), 'primary');
    assert.equal((answer.body as { data: { town: string } }).data.town, 'Керчь');
  });

  it('is passed over for an import that it does not know', async () => {
    const importId = await postImport(replicas.service.url, makeCitizens(3, 1));
    const answer = await request(allowing(`${replicas.service.url}/imports/${importId}/citizens`, 60_000));
    assert.equal(answer.status, 200);
    assert.equal(servedBy(answer), 'primary');
  });

  it('says more and more that it may lack, and is passed over by who allows less', async () => {
    const first = stalenessOf(await request(allowing(importUrl, 60_000)));
    await sleep(600);
    const later = await request(allowing(importUrl, 60_000));
    assert.equal(servedBy(later), 'replica');
    assert.ok(stalenessOf(later) >= first + 600, `${first}, then ${stalenessOf(later)}`);
    assert.equal(servedBy(await request(allowing(importUrl, 500))), 'primary');
  });

  it('has all again once it hears', async () => {
    replicas.net.release();
    await until('it has caught up', async () => {
      const answer = await request(allowing(`${importUrl}/citizens/1`, 500));
      return servedBy(answer) === 'replica' && (answer.body as { data: { town: string } }).data.town === 'Керчь';
    });
  });
});

describe('the end of either of two', () => {
  it('of the replica, by kill -9 amid reads that allow it: no client sees it, and it is used again once it is back', async () => {
    const replicas = await startReplicas();
    const { url } = replicas.service;
    const importId = await postImport(url, makeCitizens(30, 10));
    const read = () => request(allowing(`${url}/imports/${importId}/citizens`, 60_000));
    await until('the replica answers', async () => servedBy(await read()) === 'replica');
    const answers: Answer<unknown>[] = [];
    let goesOn = true;
    const readers = Array.from({ length: 8 }, async () => {
      while (goesOn) answers.push(await read());
    });
    const isServedBy = (who: string) =>
      until(`the ${who} answers`, () => servedBy(answers.at(-1) as Answer<unknown>) === who);
    await until('there are answers', () => answers.length > 0);
    await replicas.running[1].end('SIGKILL');
    await isServedBy('primary');
    replicas.running[1] = await replicas.nodes[1].start();
    await isServedBy('replica');
    goesOn = false;
    await Promise.all(readers);
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    await replicas.stop();
  });

  it('of the primary: who allows it is answered until the time that they allow is over, all others with 503', async () => {
    const replicas = await startReplicas();
    const { url } = replicas.service;
    const importId = await postImport(url, makeCitizens(30, 10));
    const citizens = await listCitizens(url, importId);
    const read = (staleMs: number) => request(allowing(`${url}/imports/${importId}/citizens`, staleMs));
    await until('the replica answers', async () => servedBy(await read(60_000)) === 'replica');
    await replicas.running[0].end('SIGKILL');
    const answer = await read(60_000);
    assert.equal(servedBy(answer), 'replica');
    assert.deepEqual((answer.body as { data: unknown }).data, citizens);
    assert.equal((await request(`${url}/imports/${importId}`)).status, 503);
    assert.equal((await sendJson('PATCH', `${url}/imports/${importId}/citizens/1`, { town: 'Керчь' })).status, 503);
    await until('they are not answered any more', async () => (await read(2_000)).status === 503);
    assert.equal((await read(60_000)).status, 200);
    assert.ok(stalenessOf(await read(60_000)) >= 2_000);
    await replicas.stop();
  });
});

describe('two Tarantools that are none of each other', () => {
  it('are not mixed: the first one serves, and no read is answered by the second', async () => {
    const [first, second] = [await startTarantool(), await startTarantool()];
    const other = await connectClient({ address: second.address });
    const env = { ...settingsFor(first), SVODKA_REPLICA_URI: (second.address as { path: string }).path };
    const service = await startService({ env });
    const importId = await postImport(service.url, makeCitizens(3, 1));
    for (let turn = 0; turn < 20; turn++) {
      const answer = await request(allowing(`${service.url}/imports/${importId}`, Number.MAX_SAFE_INTEGER));
      assert.deepEqual([answer.status, servedBy(answer)], [200, 'primary']);
      await sleep(20);
    }
    assert.deepEqual((await other.call(PROCEDURES.listImports, [null, 10]))[1], []);
    assert.equal(await service.stop(), 0);
    await closeClients();
    for (const tarantool of [first, second]) await tarantool.end();
  });
});

describe('settings of replication', () => {
  const refused: [env: Record<string, string>, complaint: RegExp][] = [
    [{ SVODKA_PEER: 'db2:3301' }, /SVODKA_PEER needs SVODKA_REPLICATION_PASSWORD/],
    [{ SVODKA_STANDBY: '1' }, /SVODKA_STANDBY needs SVODKA_PEER/],
    [{ SVODKA_REPLICATION_PASSWORD: 'p@ss' }, /letters, digits and - _ \. ~ only/],
  ];
  for (const [env, complaint] of refused) {
    it(`are refused: ${Object.keys(env)}`, () => assert.rejects(startTarantool({ env }), complaint));
  }
});
