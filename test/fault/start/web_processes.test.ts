import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { beginLines, sendLines, toNdjson } from '../../support/census/begun_import.js';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { CONTENT_TYPES } from '../../support/http/bodies.js';
import { openEvents } from '../../support/http/events.js';
import { postImport } from '../../support/http/http.js';
import { openRaw, type RawConnection, requestHead } from '../../support/http/raw_http.js';
import { readMetrics } from '../../support/metrics.js';
import { untilGone } from '../../support/processes.js';
import { type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';
import { webPids } from '../../support/web_processes.js';

const MIB = 1024 * 1024;
const WEBS = 2;
const PERCENTILES = 'towns/stat/percentile/age';

type Whole = { status: number; text: string };

/** On a connection of its own, so that each of two requests in a row is answered by another process. */
function ask(url: string, method = 'GET', body?: string): Promise<Whole> {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    httpRequest(url, { method, agent: false, headers })
      .on('response', async (response) => {
        const pieces = await response.toArray().catch(reject);
        resolve({ status: response.statusCode as number, text: Buffer.concat(pieces ?? []).toString() });
      })
      .on('error', reject)
      .end(body);
  });
}

const start = (options: Parameters<typeof startService>[0] = {}): Promise<RunningService> =>
  startService({ ...options, env: { SVODKA_WEB_PROCESSES: String(WEBS), ...options.env } });
const websOf = (service: RunningService): number[] => webPids(service.child.pid as number);

async function checkOf(service: RunningService): Promise<{ ok: boolean; detail: string } | undefined> {
  const { text } = await ask(`${service.url}/health/ready`);
  const { checks } = JSON.parse(text) as { checks: { name: string; ok: boolean; detail: string }[] };
  return checks.find(({ name }) => name === 'web processes');
}

async function untilAllAnswer(service: RunningService): Promise<void> {
  await until('all web processes answer', async () => (await checkOf(service))?.ok);
}

describe('two web processes on one port', () => {
  let service: RunningService;
  const connections: RawConnection[] = [];
  before(async () => {
    service = await start({ env: { SVODKA_MAX_WATCHERS: '3', SVODKA_BODIES_MEMORY: String(100 * MIB) } });
  });
  after(async () => {
    for (const { socket } of connections) socket.destroy();
    assert.equal(await service.stop(), 0, service.output().slice(-2_000));
  });

  it('answer one after the other, never with what another one has changed since', async () => {
    const importId = await postImport(service.url, makeCitizens(50, 5));
    const url = `${service.url}/imports/${importId}`;
    await Promise.all(Array.from({ length: 4 }, () => ask(`${url}/citizens`)));
    for (let apartment = 1; apartment <= 15; apartment++) {
      const changed = await ask(`${url}/citizens/1`, 'PATCH', JSON.stringify({ apartment }));
      assert.equal(changed.status, 200, changed.text);
      const lists = await Promise.all(Array.from({ length: 4 }, () => ask(`${url}/citizens`)));
      for (const { text } of lists) {
        assert.equal(
          JSON.parse(text).data.find((one: { citizen_id: number }) => one.citizen_id === 1).apartment,
          apartment,
        );
      }
    }
  });

  it('have one /metrics: requests of all add up, whichever is asked', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const labels = { route: `/imports/{import_id}/${PERCENTILES}`, method: 'GET' };
    const counted = async () =>
      (await readMetrics(service.url)).value('svodka_http_request_seconds_count', labels) ?? 0;
    const seenBefore = await counted();
    for (let i = 0; i < 20; i++) await ask(`${service.url}/imports/${importId}/${PERCENTILES}`);
    for (let i = 0; i < 4; i++) {
      const { text } = await ask(`${service.url}/metrics`);
      const counts = [...text.matchAll(/^svodka_http_request_seconds_count\{(.*)\} (\d+)$/gm)];
      const own = counts.filter(([, names]) => names?.includes(PERCENTILES)).map(([, , count]) => Number(count));
      assert.deepEqual(own, [seenBefore + 20]);
    }
    const metrics = await readMetrics(service.url);
    assert.equal(metrics.value('svodka_web_processes'), WEBS);
    assert.equal(metrics.value('svodka_web_processes_wanted'), WEBS);
    assert.equal(metrics.value('svodka_build_info'), 1);
    assert.equal(metrics.value('svodka_bodies_limit_bytes'), 100 * MIB);
    assert.equal(metrics.value('svodka_tarantool_connected'), 1);
    assert.equal(metrics.value('svodka_imports', { state: 'published' }), 2);
  });

  it('have one limit of streams, and each tells of changes that came to another', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const url = `${service.url}/imports/${importId}`;
    // fetch opens a connection for each stream, and connections go to the processes in turn.
    const streams = [];
    for (let i = 0; i < 3; i++) {
      streams.push(await openEvents(`${url}/events`));
      // A scrape passes by the same channels as the figures.
      await ask(`${service.url}/metrics`);
    }
    for (let i = 0; i < WEBS; i++) {
      const { status, text } = await ask(`${url}/events`);
      assert.equal(status, 503, text);
      assert.equal(JSON.parse(text).code, 'TOO_MANY_STREAMS');
    }
    for (let i = 0; i < WEBS; i++) {
      const known = streams.map(({ events }) => events.length);
      assert.equal((await ask(`${url}/citizens/1`, 'PATCH', JSON.stringify({ apartment: 100 + i }))).status, 200);
      await Promise.all(streams.map((stream, place) => stream.next('changed', known[place])));
    }
    for (const stream of streams) stream.close();
    await until(
      'the places are free',
      async () => (await readMetrics(service.url)).value('svodka_event_watchers') === 0,
    );
  });

  it('have one memory for bodies', async () => {
    const heldBytes = async () => (await readMetrics(service.url)).value('svodka_bodies_held_bytes') as number;
    const unfinished = Buffer.alloc(10 * MIB, 'x');
    const headers = { Host: 'localhost', 'Content-Type': CONTENT_TYPES.ndjson, 'Content-Length': 2 ** 30 };
    const large = Array.from({ length: 40 }, () => {
      const connection = openRaw(service.port);
      connections.push(connection);
      connection.send(requestHead('POST /imports', headers));
      connection.send(unfinished);
      return connection;
    });
    assert.equal((await Promise.race(large.map((one) => one.answer()))).status, 503);
    let mostBytes = 0;
    for (let i = 0; i < 20; i++) mostBytes = Math.max(mostBytes, await heldBytes());
    // 32 MiB are for small bodies alone. Each process with a limit of its own would let in 136 MiB.
    assert.ok(mostBytes < 80 * MIB, `${mostBytes} bytes are held`);
    assert.equal((await ask(`${service.url}/imports`, 'POST', JSON.stringify({ citizens: [citizen(1)] }))).status, 201);
    for (const { socket } of connections.splice(0)) socket.destroy();
    await until('nothing is held any more', async () => (await heldBytes()) === 0);
  });

  it('store an import once that comes to both at the same time under one key', async () => {
    const body = toNdjson(makeCitizens(3_000, 100));
    const answers = await Promise.all(Array.from({ length: 6 }, () => sendLines(service.url, body, 'both')));
    const stored = answers.filter(({ status }) => status === 201).map(({ text }) => text);
    assert.equal(new Set(stored).size, 1);
    for (const { status } of answers) assert.ok(status === 201 || status === 409, String(status));
  });
});

describe('a web process that dies', () => {
  let service: RunningService;
  before(async () => {
    service = await start();
  });
  after(async () => {
    assert.equal(await service.stop(), 0, service.output().slice(-2_000));
  });

  it('loses nothing that was acknowledged; others answer, and it is started again', async () => {
    const requestsOf = async () =>
      (await readMetrics(service.url)).value('svodka_http_request_seconds_count') as number;
    let isOver = false;
    const acknowledged: number[] = [];
    const client = async () => {
      while (!isOver) {
        const posted = await ask(`${service.url}/imports`, 'POST', JSON.stringify({ citizens: makeCitizens(300, 10) }))
          // Its process died.
          .catch(() => undefined);
        if (posted?.status === 201) acknowledged.push(JSON.parse(posted.text).data.import_id);
      }
    };
    const clients = Array.from({ length: 4 }, client);
    for (let kill = 1; kill <= 2; kill++) {
      await untilAllAnswer(service);
      const known = acknowledged.length;
      await until('imports are acknowledged', () => acknowledged.length >= known + 10);
      const countedBefore = await requestsOf();
      process.kill(websOf(service)[0] as number, 'SIGKILL');
      // The other one answers this, and goes on.
      const { ok, detail } = await until('its death is known', async () => {
        const check = await checkOf(service);
        return check?.ok === false && check;
      });
      assert.deepEqual([ok, detail], [false, '1 of 2 answer; the others are being started']);
      assert.equal((await ask(`${service.url}/health/ready`)).status, 200);
      assert.ok((await requestsOf()) >= countedBefore, 'counters do not fall');
      const served = acknowledged.length;
      await until('the other one goes on', () => acknowledged.length >= served + 5);
    }
    await untilAllAnswer(service);
    isOver = true;
    await Promise.all(clients);
    assert.equal(service.output().match(/"cause":"SIGKILL","msg":"a web process died/g)?.length, 2);
    for (const importId of acknowledged) assert.equal((await listCitizens(service.url, importId)).length, 300);
  });

  it('takes no connection with it that it has not begun to serve', async () => {
    await untilAllAnswer(service);
    const [frozen] = websOf(service) as [number];
    process.kill(frozen, 'SIGSTOP');
    let count = 0;
    const asked = Array.from({ length: 12 }, async () => {
      const answer = await ask(`${service.url}/health/live`);
      count++;
      return answer;
    });
    await until('the other one has answered all that it was given', () => count >= 8);
    process.kill(frozen, 'SIGKILL');
    for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
    await untilAllAnswer(service);
  });
});

describe('the stop of several web processes', () => {
  it('loses no request that is under way, and all of them end', async () => {
    const service = await start();
    const pids = websOf(service);
    assert.equal(pids.length, WEBS);
    const body = toNdjson(makeCitizens(8_000, 100));
    const begun = await Promise.all(Array.from({ length: 4 }, () => beginLines(service.url, body)));
    const stopped = service.stop();
    await service.said(/"msg":"stopping"/);
    for (const one of begun) one.finish();
    for (const one of begun) assert.equal((await one.answer)?.status, 201);
    assert.equal(await stopped, 0, service.output().slice(-2_000));
    for (const pid of pids) await untilGone(pid);
    const again = await start({ dataDir: service.dataDir });
    for (const { importId } of begun) assert.equal((await listCitizens(again.url, importId)).length, 8_000);
    const webs = websOf(again);
    await again.kill();
    // Nobody would give them connections any more.
    for (const pid of webs) await untilGone(pid);
  });
});
