import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Problem } from '../../support/http/http.js';
import { openRaw, type RawAnswer, requestHead, sendRaw } from '../../support/http/raw_http.js';
import { useService } from '../../support/suite.js';
import { until } from '../../support/until.js';

function assertAnswer(answer: RawAnswer, status: number, code?: string): void {
  assert.equal(answer.status, status, answer.body);
  if (code === undefined) return;
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.equal((JSON.parse(answer.body) as Problem).code, code);
}

/** Sends a request with these raw lines after the request line. */
function ask(port: number, target: string, ...lines: string[]): Promise<RawAnswer> {
  return sendRaw(port, `${[`GET ${target} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
}

const NO_HOSTS = [
  '',
  'a b',
  'a/b',
  'http://localhost',
  'me@localhost',
  '[::1',
  '[zz]',
  'localhost:x',
  'localhost:65536',
];

describe('the host names of a service on loopback', () => {
  const service = useService({ env: { SVODKA_HOSTS: 'svodka.example, api.example:8443' } });
  const withHost = (host: string, target = '/health/live') => ask(service.port, target, `Host: ${host}`);

  for (const host of [
    'localhost',
    'LOCALHOST:1',
    'localhost.',
    '127.0.0.1',
    '127.0.0.1:8080',
    '[::1]',
    '[::1]:65535',
    'svodka.example',
    'Svodka.Example:81',
    'api.example:8443',
  ]) {
    it(`are answered: ${host}`, async () => assertAnswer(await withHost(host), 200));
  }

  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.2', '[::2]', 'a']) {
    it(`are told from others: 421 to ${host}`, async () => {
      assertAnswer(await withHost(host), 421, 'MISDIRECTED_REQUEST');
      assertAnswer(await withHost(`${host}:${service.port}`), 421, 'MISDIRECTED_REQUEST');
    });
  }

  it('are answered on the port alone that a name is given with; one that is left out is 443 or 80', async () => {
    assertAnswer(await withHost('api.example:8444'), 421, 'MISDIRECTED_REQUEST');
    assertAnswer(await withHost('api.example'), 421, 'MISDIRECTED_REQUEST');
  });

  for (const host of NO_HOSTS) {
    it(`are told from what is none: 400 to "${host}"`, async () => {
      assertAnswer(await withHost(host), 400, 'BAD_REQUEST');
    });
  }

  it('are one: 400 to two, be they the same', async () => {
    for (const second of ['evil.example', 'localhost']) {
      assertAnswer(await ask(service.port, '/health/live', 'Host: localhost', `hOST: ${second}`), 400, 'BAD_REQUEST');
    }
  });

  it('are taken from the target when that is a whole URL', async () => {
    assertAnswer(await withHost('evil.example', 'http://localhost/health/live'), 200);
    assertAnswer(await withHost('localhost', 'http://evil.example/health/live'), 421, 'MISDIRECTED_REQUEST');
    assertAnswer(await withHost('localhost', 'http://localhost@evil.example/'), 400, 'BAD_REQUEST');
    assertAnswer(await withHost('', 'http://localhost/health/live'), 400, 'BAD_REQUEST');
    assertAnswer(await withHost('evil.example', '*'), 421, 'MISDIRECTED_REQUEST');
  });

  it('may be left out in HTTP/1.0 alone', async () => {
    assertAnswer(await sendRaw(service.port, 'GET /health/live HTTP/1.0\r\n\r\n'), 200);
    const foreign = 'GET /health/live HTTP/1.0\r\nHost: evil.example\r\n\r\n';
    assertAnswer(await sendRaw(service.port, foreign), 421, 'MISDIRECTED_REQUEST');
  });

  it('are looked at before anything is done: a foreign page stores and deletes nothing', async () => {
    const body = '{"citizens":[]}';
    const post = (host: string) =>
      requestHead('POST /imports', { Host: host, 'Content-Type': 'application/json', 'Content-Length': body.length });
    const stored = await sendRaw(service.port, post('localhost') + body);
    assertAnswer(stored, 201);
    const id: number = JSON.parse(stored.body).data.import_id;
    assertAnswer(await sendRaw(service.port, post('evil.example') + body), 421, 'MISDIRECTED_REQUEST');
    const foreign = requestHead(`DELETE /imports/${id}`, { Host: 'evil.example' });
    assertAnswer(await sendRaw(service.port, foreign), 421, 'MISDIRECTED_REQUEST');
    const list = await ask(service.port, '/imports', 'Host: localhost');
    assert.deepEqual(
      JSON.parse(list.body).data.map((each: { import_id: number }) => each.import_id),
      [id],
    );
  });

  it('are looked at for each request of a connection', async () => {
    const connection = openRaw(service.port);
    for (const [host, status] of [
      ['localhost', 200],
      ['evil.example', 421],
      ['localhost', 200],
    ] as const) {
      connection.send(requestHead('GET /health/live', { Host: host }));
      assert.equal((await connection.answer()).status, status);
    }
    connection.socket.destroy();
  });

  it('stand in the log when they are foreign, and are counted', async () => {
    const answer = await withHost('evil.example');
    const line = `"requestId":"${answer.headers['x-request-id']}","method":"GET","path":"/health/live","status":421`;
    await until('it is in the log', () => service.output().includes(line));
    const metrics = await ask(service.port, '/metrics', 'Host: localhost');
    assert.match(metrics.body, /^svodka_http_problems_total\{code="MISDIRECTED_REQUEST"\} [1-9]/m);
  });
});

describe('the host names of a service that other machines reach', () => {
  const open = useService({ env: { SVODKA_HOST: '0.0.0.0' } });
  const named = useService({ env: { SVODKA_HOST: '0.0.0.0', SVODKA_HOSTS: 'svodka.example' } });

  it('are any, as long as none is set', async () => {
    for (const host of ['svodka.example', '10.0.0.1:8080', 'web']) {
      assertAnswer(await ask(open.port, '/health/live', `Host: ${host}`), 200);
    }
    for (const host of NO_HOSTS)
      assertAnswer(await ask(open.port, '/health/live', `Host: ${host}`), 400, 'BAD_REQUEST');
  });

  it('are those that are set, and those of loopback, for health checks', async () => {
    for (const host of ['svodka.example', 'localhost:1', '127.0.0.1']) {
      assertAnswer(await ask(named.port, '/health/live', `Host: ${host}`), 200);
    }
    assertAnswer(await ask(named.port, '/health/live', 'Host: evil.example'), 421, 'MISDIRECTED_REQUEST');
    assertAnswer(await ask(named.port, '/health/live', 'Host: 0.0.0.0'), 421, 'MISDIRECTED_REQUEST');
  });
});

describe('the host names of the port for metrics', () => {
  const service = useService({
    env: { SVODKA_HOST: '0.0.0.0', SVODKA_METRICS_PORT: '0', SVODKA_METRICS_HOST: '127.0.0.1' },
  });

  it('are those of its own address', async () => {
    const port = Number(/"port":(\d+),[^\n]*metrics have a port/.exec(service.output())?.[1]);
    assertAnswer(await ask(port, '/metrics', 'Host: localhost'), 200);
    assertAnswer(await ask(port, '/metrics', 'Host: evil.example'), 421, 'MISDIRECTED_REQUEST');
    assertAnswer(await ask(service.port, '/health/live', 'Host: evil.example'), 200);
  });
});
