import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { citizen } from '../../support/census/citizens.js';
import { postImport, request } from '../../support/http/http.js';
import { openRaw, requestHead } from '../../support/http/raw_http.js';
import { readMetrics } from '../../support/metrics.js';
import { useService } from '../../support/suite.js';
import { until } from '../../support/until.js';

const WATCHERS = 'svodka_event_watchers';

describe('streams of events', () => {
  const service = useService();
  const watchers = async () => (await readMetrics(service.url)).value(WATCHERS) ?? Number.NaN;
  const nobodyWatches = () => until('nobody watches', async () => (await watchers()) === 0);

  it('answer HEAD as GET, without a body: five times, and the service lives', async () => {
    const path = `/imports/${await postImport(service.url, [])}/events`;
    const get = openRaw(service.port);
    get.send(requestHead(`GET ${path}`));
    const { headers: expected, status } = await get.answer({ toHead: true });
    get.socket.destroy();
    for (let round = 0; round < 5; round++) {
      const head = openRaw(service.port);
      head.send(requestHead(`HEAD ${path}`));
      const answer = await head.answer({ toHead: true });
      assert.equal(answer.status, status);
      for (const name of ['content-type', 'cache-control', 'x-accel-buffering']) {
        assert.equal(answer.headers[name], expected[name], name);
      }
      // The connection stays usable, with no bytes of a body in between.
      head.send(requestHead('GET /health/live'));
      assert.equal((await head.answer()).status, 200);
      head.socket.destroy();
    }
    const unknown = openRaw(service.port);
    unknown.send(requestHead('HEAD /imports/999999/events'));
    assert.equal((await unknown.answer({ toHead: true })).status, 404);
    unknown.socket.destroy();
    await nobodyWatches();
  });

  it('leave no watcher of 50 connections with 200 pipelined requests each, and let no more than 8 of each in', async () => {
    const path = `/imports/${await postImport(service.url, [citizen(1)])}/events`;
    const before = (await readMetrics(service.url)).value('svodka_http_cut_off_total') ?? 0;
    const connections = Array.from({ length: 50 }, () => openRaw(service.port));
    for (const connection of connections) connection.send(requestHead(`GET ${path}`).repeat(200));
    // Each has received the beginning of its first stream.
    await Promise.all(connections.map((connection) => connection.answer({ toHead: true })));
    const open = await until('they watch', async () => {
      const count = await watchers();
      return count >= connections.length && count;
    });
    assert.ok(open <= 8 * connections.length, `${open} watchers`);
    for (const { socket } of connections) socket.destroy();
    await nobodyWatches();
    await until('each is told of in the log as cut off', async () => {
      const now = (await readMetrics(service.url)).value('svodka_http_cut_off_total') ?? 0;
      return now - before >= connections.length;
    });
  });

  it('leave no watcher of clients that go at once', async () => {
    const path = `/imports/${await postImport(service.url, [citizen(1)])}/events`;
    for (let round = 0; round < 20; round++) {
      const connection = openRaw(service.port);
      connection.send(requestHead(`GET ${path}`).repeat(1 + (round % 4)));
      // Closed either cleanly or by a reset.
      connection.socket.once('connect', () => {
        if (round % 2 === 0) connection.socket.destroySoon();
        else connection.socket.resetAndDestroy();
      });
      await connection.ended();
    }
    await nobodyWatches();
  });

  it('refuse the ninth on a connection with 429, and a new connection has room', async () => {
    const url = `${service.url}/imports/${await postImport(service.url, [citizen(1)])}`;
    const path = new URL(`${url}/events`).pathname;
    const connection = openRaw(service.port);
    connection.send(requestHead(`GET ${path}`).repeat(9));
    await until('eight watch', async () => (await watchers()) === 8);
    const other = openRaw(service.port);
    other.send(requestHead(`GET ${path}`));
    assert.equal((await other.answer({ toHead: true })).status, 200);
    // The earlier streams end with the import.
    await request(url, { method: 'DELETE' });
    for (let round = 0; round < 8; round++) assert.equal((await connection.answer()).status, 200);
    const refused = await connection.answer();
    assert.equal(refused.status, 429);
    assert.equal(JSON.parse(refused.body).code, 'TOO_MANY_STREAMS_HERE');
    for (const { socket } of [connection, other]) socket.destroy();
    await nobodyWatches();
  });
});

describe('a service with room for two watchers', () => {
  const service = useService({ env: { SVODKA_MAX_WATCHERS: '2' } });

  it('refuses the third with 503 and says when to come again, and takes it when one has left', async () => {
    const path = `/imports/${await postImport(service.url, [citizen(1)])}/events`;
    const open = async () => {
      const connection = openRaw(service.port);
      connection.send(requestHead(`GET ${path}`));
      const answer = await connection.answer({ toHead: true });
      return { connection, answer };
    };
    const [first, second, third] = [await open(), await open(), await open()];
    assert.deepEqual(
      [first, second, third].map(({ answer }) => answer.status),
      [200, 200, 503],
    );
    assert.equal(third.answer.headers['retry-after'], '10');
    const { body } = await request<{ code: string }>(service.url + path);
    assert.equal(body.code, 'TOO_MANY_STREAMS');
    first.connection.socket.destroy();
    await until('there is room', async () => {
      const again = await open();
      again.connection.socket.destroy();
      return again.answer.status === 200;
    });
    for (const { connection } of [second, third]) connection.socket.destroy();
  });
});
