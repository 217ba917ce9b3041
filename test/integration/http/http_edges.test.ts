import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { openRaw, type RawAnswer, requestHead, sendRaw } from '../../support/http/raw_http.js';
import { useService } from '../../support/suite.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function assertProblem(answer: RawAnswer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.body);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  const problem: Problem = JSON.parse(answer.body);
  assert.equal(problem.status, status);
  assert.equal(problem.code, code);
  for (const field of ['type', 'title', 'detail', 'requestId'] as const) assert.ok(problem[field].length > 0, field);
}

describe('paths and methods', () => {
  const service = useService();
  let importId: number;
  before(async () => {
    importId = await postImport(service.url, [citizen(1)]);
  });
  const path = (text: string) => text.replace('{import}', String(importId));
  const ask = (line: string, headers = {}) => sendRaw(service.port, requestHead(path(line), headers));

  for (const [why, target] of [
    ['an unknown path', '/nothing'],
    ['a path that is only begun', '/imports/{import}/towns/stat/percentile'],
    ['a path that goes on', '/imports/{import}/citizens/birthdays/1'],
    ['a trailing slash', '/imports/{import}/citizens/'],
    ['a trailing slash behind birthdays', '/imports/{import}/citizens/birthdays/'],
    ['a trailing slash behind percentiles', '/imports/{import}/towns/stat/percentile/age/'],
    ['a slash too many', '//imports/{import}/citizens'],
    ['a slash too many within', '/imports//citizens'],
    ['capitals', '/Imports/{import}/citizens'],
    ['a slash that is encoded', '/imports/{import}/citizens%2Fbirthdays/x'],
    ['percent signs that encode nothing', '/imports/%E0%A4%A/towns'],
    ['dots that lead out', '/docs/../package.json'],
    ['encoded dots that lead out', '/docs/%2e%2e%2fpackage.json'],
    ['a file of the page that is not shown', '/docs/package.json'],
    ['the name of a method of objects', '/docs/constructor'],
  ] as const) {
    it(`answers 404 to ${why}`, async () => {
      assertProblem(await ask(`GET ${target}`), 404, 'NOT_FOUND');
    });
  }

  it('answers 404 to POST with a trailing slash', async () => {
    assertProblem(await ask('POST /imports/', JSON_TYPE), 404, 'NOT_FOUND');
  });

  for (const target of ['http://[', 'http://[::1', '//a@[#b']) {
    it(`answers 400 to ${target}, which Node's URL parser throws at, and lives on`, async () => {
      assertProblem(await ask(`GET ${target}`), 400, 'BAD_REQUEST');
      assert.equal((await ask('GET /health/live')).status, 200);
    });
  }

  it('answers 404, not 500, to an import whose percent signs encode nothing', async () => {
    assertProblem(await ask('GET /imports/%E0%A4%A/citizens'), 404, 'IMPORT_NOT_FOUND');
  });

  it('takes a path with a query, or as part of a whole URL', async () => {
    assert.equal((await ask('GET /imports/{import}/citizens?limit=7&cursor=MQ')).status, 200);
    assert.equal((await ask('GET http://localhost:1/imports/{import}/citizens')).status, 200);
  });

  for (const [line, allowed] of [
    ['PUT /imports', ['GET', 'HEAD', 'POST']],
    ['DELETE /imports', ['GET', 'HEAD', 'POST']],
    ['POST /imports/{import}', ['DELETE', 'GET', 'HEAD']],
    ['POST /imports/{import}/citizens', ['GET', 'HEAD']],
    ['DELETE /imports/{import}/citizens', ['GET', 'HEAD']],
    ['PUT /imports/{import}/citizens/1', ['GET', 'HEAD', 'PATCH']],
    ['DELETE /imports/{import}/citizens/1', ['GET', 'HEAD', 'PATCH']],
    ['PATCH /imports/{import}/citizens/birthdays', ['GET', 'HEAD']],
    ['DELETE /imports/{import}/citizens/birthdays', ['GET', 'HEAD']],
    ['PATCH /imports/{import}/towns/stat/percentile/age', ['GET', 'HEAD']],
    ['POST /imports/{import}/citizens/1/history', ['GET', 'HEAD']],
    ['POST /imports/{import}/towns/stat/percentile/age', ['GET', 'HEAD']],
    ['POST /health/live', ['GET', 'HEAD']],
    ['DELETE /health/ready', ['GET', 'HEAD']],
    ['POST /openapi.json', ['GET', 'HEAD']],
    ['POST /docs', ['GET', 'HEAD']],
    ['PUT /docs/errors', ['GET', 'HEAD']],
  ] as const) {
    it(`answers 405 to ${line}, and Allow says what is allowed`, async () => {
      const answer = await ask(line, JSON_TYPE);
      assertProblem(answer, 405, 'METHOD_NOT_ALLOWED');
      assert.deepEqual((answer.headers['allow'] ?? '').split(', ').sort(), allowed);
    });
  }

  it('answers 501 to a method that is known nowhere', async () => {
    assertProblem(await ask('PROPFIND /imports'), 501, 'METHOD_NOT_IMPLEMENTED');
    assertProblem(await ask('PROPFIND /nothing'), 501, 'METHOD_NOT_IMPLEMENTED');
  });

  for (const method of ['FETCH', 'get', 'GETS', 'PROPX', 'X']) {
    it(`answers 501 to ${method}, which the parser does not know, and ends the connection`, async () => {
      const head = requestHead(`${method} /imports`);
      for (const pieces of [[head], [head.slice(0, method.length), head.slice(method.length)], [head.slice(0, -1)]]) {
        const connection = openRaw(service.port);
        for (const piece of pieces) {
          connection.send(piece);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const answer = await connection.answer();
        assert.equal(answer.status, 501, answer.body);
        assert.equal(JSON.parse(answer.body).code, 'METHOD_NOT_IMPLEMENTED');
        assert.equal(await connection.ended(), '');
      }
      const connection = openRaw(service.port);
      connection.send(requestHead('GET /health/live') + head);
      assert.equal((await connection.answer()).status, 200);
      await connection.ended();
    });
  }

  it('serves a request that asks for another protocol in this one', async () => {
    for (const protocol of ['websocket', 'h2c', 'TLS/1.2']) {
      const headers = { Connection: 'Upgrade', Upgrade: protocol, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
      const connection = openRaw(service.port);
      connection.send(requestHead('GET /health/live', headers) + requestHead('GET /health/live'));
      const answer = await connection.answer();
      assert.equal(answer.body, '{"alive":true}');
      // Requests pipelined after it are not answered, and the client is told so.
      assert.equal(answer.headers['connection'], 'close');
      assert.equal(await connection.ended(), '');
    }
  });

  it('answers 501 to CONNECT', async () => {
    assertProblem(
      await sendRaw(service.port, 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n'),
      501,
      'METHOD_NOT_IMPLEMENTED',
    );
  });

  it('does not let a pipelined GET overtake the PATCH before it', async () => {
    for (let i = 0; i < 20; i++) {
      const body = JSON.stringify({ town: `Town ${i}` });
      const connection = openRaw(service.port);
      const patch = requestHead(path('PATCH /imports/{import}/citizens/1'), {
        ...JSON_TYPE,
        'Content-Length': body.length,
      });
      connection.send(patch + body + requestHead(path('GET /imports/{import}/citizens/1')));
      assert.equal((await connection.answer()).status, 200);
      assert.equal(JSON.parse((await connection.answer()).body).data.town, `Town ${i}`);
      connection.socket.destroy();
    }
  });

  it('answers OPTIONS with what a path takes', async () => {
    const answer = await ask('OPTIONS /imports/{import}/citizens');
    assert.ok([200, 204].includes(answer.status));
    assert.deepEqual(answer.headers['allow']?.split(', ').sort(), ['GET', 'HEAD']);
    assert.equal(answer.body, '');
    const birthdays = await ask('OPTIONS /imports/{import}/citizens/birthdays');
    assert.deepEqual(birthdays.headers['allow']?.split(', ').sort(), ['GET', 'HEAD']);
    assertProblem(await ask('OPTIONS /nothing'), 404, 'NOT_FOUND');
  });

  it('answers OPTIONS * with the methods of all paths', async () => {
    const answer = await ask('OPTIONS *');
    assert.equal(answer.status, 204);
    assert.deepEqual(answer.headers['allow']?.split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']);
    assertProblem(await ask('GET *'), 404, 'NOT_FOUND');
  });

  for (const target of [
    '/imports/{import}/citizens',
    '/health/live',
    '/openapi.json',
    '/docs',
    '/docs/swagger-ui.css',
  ]) {
    it(`answers HEAD ${target} as GET, without a body`, async () => {
      const connection = openRaw(service.port);
      connection.send(requestHead(path(`HEAD ${target}`)) + requestHead('GET /health/live'));
      const head = await connection.answer({ toHead: true });
      const next = await connection.answer();
      connection.socket.destroy();
      const get = await ask(`GET ${target}`);
      assert.equal(head.status, 200);
      assert.equal(head.headers['content-type'], get.headers['content-type']);
      // A body would come between this answer and the next.
      assert.equal(next.body, '{"alive":true}');
    });
  }

  it('answers HEAD of an unknown import 404 without a body', async () => {
    const answer = await ask('HEAD /imports/{import}99999/citizens');
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
  });

  it('answers HTTP/1.0', async () => {
    const connection = openRaw(service.port);
    connection.send('GET /health/live HTTP/1.0\r\n\r\n');
    assert.match(await connection.ended(), /^HTTP\/1\.1 200 .*\{"alive":true\}$/s);
  });

  it('answers requests that come in one piece one after the other, in order', async () => {
    const connection = openRaw(service.port);
    const lines = ['GET /imports/{import}/citizens', 'GET /nothing', 'DELETE /imports', 'GET /health/live'];
    connection.send(lines.map((line) => requestHead(path(line))).join(''));
    const statuses: number[] = [];
    for (const _ of lines) statuses.push((await connection.answer()).status);
    connection.socket.destroy();
    assert.deepEqual(statuses, [200, 404, 405, 200]);
  });
});

describe('request ids', () => {
  const service = useService();
  const idsOf = async (headers: Record<string, string>) => {
    const answer = await request<Problem>(`${service.url}/nothing`, { headers });
    assert.equal(answer.body.requestId, answer.headers.get('X-Request-Id'));
    return answer.body.requestId;
  };

  it('are new for each request, in the header and in the problem', async () => {
    const [first, second] = [await idsOf({}), await idsOf({})];
    assert.match(first, UUID);
    assert.notEqual(first, second);
  });

  it('stand in the header of a success too', async () => {
    assert.match((await request(`${service.url}/health/live`)).headers.get('X-Request-Id') ?? '', UUID);
  });

  it('are taken over from a proxy in front when they are harmless', async () => {
    for (const id of ['a', 'A-1_b.c:9', 'x'.repeat(64)]) assert.equal(await idsOf({ 'X-Request-Id': id }), id);
  });

  it('are replaced when they could do harm', async () => {
    for (const id of ['x'.repeat(65), 'a b', '"}', '<script>', 'a/b', '']) {
      assert.match(await idsOf({ 'X-Request-Id': id }), UUID);
    }
  });

  it('stand in the log', async () => {
    await idsOf({ 'X-Request-Id': 'find-me-in-the-log' });
    const deadline = Date.now() + 10_000;
    while (!service.output().includes('"requestId":"find-me-in-the-log"')) {
      assert.ok(Date.now() < deadline, 'not in the log');
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});

describe('what is not HTTP', () => {
  const service = useService();

  for (const [why, bytes] of [
    ['garbage', '\u0000\u0001garbage\r\n\r\n'],
    ['a TLS handshake', Buffer.from('16030100a5010000a10303', 'hex')],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version that does not exist', 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n'],
    ['a header without a name', 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n: b\r\n\r\n'],
    ['a length that is no number', 'POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n'],
    ['a negative length', 'POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n'],
    ['two lengths', 'POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    [
      'a length and chunks, of which a proxy might believe the other',
      'POST /imports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a request without a host', 'GET /health/live HTTP/1.1\r\n\r\n'],
  ] as const) {
    it(`answers 400 to ${why} and ends the connection`, async () => {
      const connection = openRaw(service.port);
      connection.send(bytes);
      assertProblem(await connection.answer(), 400, 'BAD_REQUEST');
      assert.equal(await connection.ended(), '');
    });
  }

  it('answers 431 to headers over 16 KB', async () => {
    const connection = openRaw(service.port);
    connection.send(requestHead('GET /health/live', { 'X-Long': 'x'.repeat(20_000) }));
    assertProblem(await connection.answer(), 431, 'HEADERS_TOO_LARGE');
  });

  it('answers 431 to a path over 16 KB', async () => {
    const connection = openRaw(service.port);
    connection.send(requestHead(`GET /${'x'.repeat(20_000)}`));
    assertProblem(await connection.answer(), 431, 'HEADERS_TOO_LARGE');
  });

  it('serves a request with an expectation that it does not know', async () => {
    assert.equal((await sendRaw(service.port, requestHead('GET /health/live', { Expect: 'miracles' }))).status, 200);
  });

  it('answers a whole request although garbage follows it: an import that is stored is not called refused', async () => {
    const body = JSON.stringify({ citizens: [citizen(1)] });
    const head = requestHead('POST /imports', { ...JSON_TYPE, 'Content-Length': Buffer.byteLength(body) });
    const connection = openRaw(service.port);
    connection.send(`${head}${body}garbage\r\n\r\n`);
    const answer = await connection.answer();
    assert.equal(answer.status, 201, answer.body);
    assert.deepEqual(await listCitizens(service.url, JSON.parse(answer.body).data.import_id), [citizen(1)]);
    await connection.ended();
  });

  it('sends no second answer when a body breaks off that was refused already', async () => {
    const connection = openRaw(service.port);
    connection.send(requestHead('POST /imports', { 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' }));
    assertProblem(await connection.answer(), 415, 'UNSUPPORTED_MEDIA_TYPE');
    connection.send('not a size\r\n');
    assert.equal(await connection.ended(), '');
  });

  it('answers a client that ends its side after its import', async () => {
    const body = JSON.stringify({ citizens: [citizen(1)] });
    const connection = openRaw(service.port, { allowHalfOpen: true });
    connection.socket.end(
      requestHead('POST /imports', { ...JSON_TYPE, 'Content-Length': Buffer.byteLength(body) }) + body,
    );
    const answer = await connection.answer();
    assert.equal(answer.status, 201, answer.body);
    assert.deepEqual(await listCitizens(service.url, JSON.parse(answer.body).data.import_id), [citizen(1)]);
    assert.equal(await connection.ended(), '');
  });

  it('leaves nothing on a connection whose requests are refused before their bodies come', async () => {
    const connection = openRaw(service.port);
    for (let i = 0; i < 30; i++) {
      connection.send(requestHead('POST /imports', { 'Content-Type': 'text/plain', 'Content-Length': 4 }));
      assertProblem(await connection.answer(), 415, 'UNSUPPORTED_MEDIA_TYPE');
      connection.send('late');
    }
    connection.socket.destroy();
    assert.doesNotMatch(service.output(), /MaxListenersExceededWarning/);
  });

  it('is none the worse for a client that leaves in the middle of its body', async () => {
    const connection = openRaw(service.port);
    connection.send(requestHead('POST /imports', { ...JSON_TYPE, 'Content-Length': 100 }));
    connection.send('{"citizens":');
    connection.socket.end();
    assertProblem(await connection.answer(), 400, 'BODY_CUT_OFF');
    await connection.ended();
    assert.equal((await sendJson('POST', `${service.url}/imports`, { citizens: [] })).status, 201);
  });
});
