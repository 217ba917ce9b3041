import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { createBareApplication } from '../../../app/http/application.js';
import { smallJsonBody } from '../../../app/http/bodies/body.js';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../../app/http/server.js';
import { openRaw, type RawConnection, requestHead } from '../../support/http/raw_http.js';
import { until } from '../../support/until.js';

const LINGER_MS = 300;
const JSON_TYPE = { 'Content-Type': 'application/json' };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The number of listeners for all events. */
function listenerCount(emitter: Socket | IncomingMessage | ServerResponse | undefined): number {
  assert.ok(emitter);
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

function jsonApplication(): Handler {
  const paths = [
    {
      method: 'post' as const,
      path: '/small',
      middleware: [smallJsonBody()],
      handle(ctx: { body: unknown; request: { body?: unknown } }) {
        ctx.body = { data: ctx.request.body };
      },
    },
  ];
  return createBareApplication(paths as never, pino({ level: 'silent' }));
}

describe('a connection', () => {
  let server: HttpServer | undefined;
  let opened: RawConnection[] = [];
  afterEach(async () => {
    for (const { socket } of opened) socket.destroy();
    opened = [];
    await server?.stop(0);
  });

  async function serve(handler: Handler, options: HttpServerOptions = {}): Promise<() => RawConnection> {
    const started = createHttpServer(handler, { lingerMs: LINGER_MS, ...options });
    server = started;
    const port = await started.listen('127.0.0.1', 0);
    return () => {
      const connection = openRaw(port, { allowHalfOpen: true });
      opened.push(connection);
      return connection;
    };
  }

  const get = (path: string) => requestHead(`GET ${path}`);
  const isClosed = () => until('the server has no connection', () => server?.connectionCount() === 0);

  /** Sends each byte in a packet of its own, as far as possible. */
  async function sendJunk({ socket }: RawConnection, bytes: number): Promise<void> {
    for (let i = 0; i < bytes && !socket.destroyed; i++) {
      socket.write('\0');
      await turn();
    }
  }

  it('has as many listeners after 300 requests that were answered before their bodies came as after 10', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    let socket: Socket | undefined;
    const application = jsonApplication();
    const open = await serve((request, response) => {
      socket = request.socket;
      application(request, response);
    });
    const connection = open();
    const ask = async (count: number) => {
      for (let i = 0; i < count; i++) {
        connection.send(requestHead('POST /small', { 'Content-Type': 'text/plain', 'Content-Length': 3 }));
        assert.equal((await connection.answer()).status, 415);
        connection.send('abc');
        connection.send(requestHead('POST /small', { ...JSON_TYPE, 'Content-Length': 2 }));
        connection.send('{}');
        assert.equal((await connection.answer()).status, 200);
      }
    };
    await ask(10);
    const before = listenerCount(socket);
    await ask(300);
    assert.equal(listenerCount(socket), before);
    await turn();
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });

  it('looks at junk once while a stream of events is sent, and ends', async () => {
    let exchange: [IncomingMessage, ServerResponse] | undefined;
    const open = await serve(
      (request, response) => {
        exchange = [request, response];
        response.setHeader('Content-Type', 'text/event-stream');
        response.write('data: 1\n\n');
      },
      { lingerMs: 2_000 },
    );
    const connection = open();
    connection.send(get('/'));
    const [request, response] = await until('the request is there', () => exchange);
    const { socket } = response.req;
    const counts = () => [listenerCount(socket), listenerCount(request), listenerCount(response)];
    connection.send('\0');
    await until('it is seen', () => socket.isPaused());
    const before = counts();
    await sendJunk(connection, 500);
    assert.ok(!socket.destroyed);
    assert.deepEqual(counts(), before);
    await isClosed();
  });

  it('says once that junk is none, and ends although the client sends more and never ends its side', async () => {
    const open = await serve(() => assert.fail('nothing was asked'));
    const connection = open();
    const junk = sendJunk(connection, 100_000);
    assert.equal((await connection.answer()).status, 400);
    await isClosed();
    connection.socket.destroy();
    await junk;
    assert.equal(await connection.ended(), '');
  });

  it('answers a request that was whole although junk follows while it is worked on', async () => {
    let respond: (() => void) | undefined;
    const open = await serve((_request, response) => {
      respond = () => response.end('done');
    });
    const connection = open();
    connection.send(get('/'));
    const finish = await until('the request is there', () => respond);
    await sendJunk(connection, 50);
    finish();
    const answer = await connection.answer();
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['connection'], 'close');
    await isClosed();
    connection.socket.end();
    assert.equal(await connection.ended(), '');
  });

  it('serves nothing that comes whole after it was told that it came too late', async () => {
    const open = await serve(() => assert.fail('it was refused'), { headersTimeoutMs: 100, lingerMs: 10_000 });
    const connection = open();
    connection.send('GET / HTTP/1.1\r\nHost: x\r\n');
    assert.equal((await connection.answer()).status, 408);
    connection.send('\r\n');
    connection.socket.end();
    assert.equal(await connection.ended(), '');
  });

  it('gets the answer to a whole request although the client has ended its side', async () => {
    const works: (() => void)[] = [];
    const sides: Socket[] = [];
    const open = await serve((request, response) => {
      sides.push(request.socket);
      request.resume().once('end', () => works.push(() => response.end('done')));
    });
    for (const head of [get('/'), `${requestHead('POST /', { 'Content-Length': 3 })}abc`]) {
      const connection = open();
      connection.socket.end(get('/first') + head);
      for (const _ of [1, 2]) {
        const finish = await until('the request is there', () => works.shift());
        await until('the server knows that the client is done', () => sides.at(-1)?.readableEnded);
        finish();
        assert.equal((await connection.answer()).body, 'done');
      }
      assert.equal(await connection.ended(), '');
    }
    await isClosed();
  });

  it('gets 400 to a body that the client ends early, whoever reads it', async () => {
    const open = await serve(jsonApplication());
    for (const [headers, part] of [
      [{ 'Content-Length': 100 }, '{"a":'],
      [{ 'Content-Length': 100 }, ''],
      [{ 'Transfer-Encoding': 'chunked' }, '5\r\n{"a":\r\n'],
    ] as const) {
      const connection = open();
      connection.socket.end(requestHead('POST /small', { ...JSON_TYPE, ...headers }) + part);
      const answer = await connection.answer();
      assert.equal(answer.status, 400);
      assert.equal(JSON.parse(answer.body).code, 'BODY_CUT_OFF');
      assert.equal(await connection.ended(), '');
    }
    await isClosed();
  });

  it('ends when the client has ended its side and nothing is under way, before and after a request', async () => {
    const open = await serve((_request, response) => response.end('done'));
    const silent = open();
    silent.socket.end();
    assert.equal(await silent.ended(), '');
    const idle = open();
    idle.send(get('/'));
    await idle.answer();
    idle.socket.end();
    assert.equal(await idle.ended(), '');
    await isClosed();
  });

  it('ends when the client has ended its side of a stream of events: it may have left', async () => {
    const open = await serve((_request, response) => {
      response.setHeader('Content-Type', 'text/event-stream');
      response.write('data: 1\n\n');
    });
    const early = open();
    early.socket.end(get('/') + get('/'));
    const late = open();
    late.send(get('/'));
    await once(late.socket, 'data');
    late.socket.end();
    await isClosed();
  });

  it('is cut when the client takes nothing of an answer while another request waits', async () => {
    const started: (string | undefined)[] = [];
    const open = await serve(
      (request, response) => {
        started.push(request.method);
        response.end(Buffer.alloc(64 * 1024 * 1024));
      },
      { idleTimeoutMs: 300 },
    );
    const connection = open();
    connection.socket.pause();
    connection.send(get('/') + requestHead('PATCH /') + get('/'));
    await until('the first is begun', () => started.length > 0);
    await isClosed();
    assert.deepEqual(started, ['GET']);
  });

  it('answers CONNECT with 501 behind the answers to earlier requests, and ends', async () => {
    let respond: (() => void) | undefined;
    const open = await serve((_request, response) => {
      respond = () => response.end('done');
    });
    const connection = open();
    connection.send(`${get('/')}CONNECT evil.example:25 HTTP/1.1\r\nHost: evil.example:25\r\n\r\nEHLO me\r\n`);
    (await until('the request is there', () => respond))();
    assert.equal((await connection.answer()).body, 'done');
    const refusal = await connection.answer();
    assert.equal(refusal.status, 501);
    assert.equal(JSON.parse(refusal.body).code, 'METHOD_NOT_IMPLEMENTED');
    await isClosed();
  });

  it('stops with the server after CONNECT, whatever the client does', async () => {
    const open = await serve(() => {}, { lingerMs: 60_000 });
    const connection = open();
    connection.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    assert.equal((await connection.answer()).status, 501);
    await server?.stop(50);
    connection.socket.destroy();
  });

  it('reads no more of requests that wait for one that changes data than a few', async () => {
    const started: string[] = [];
    let respond: (() => void) | undefined;
    const open = await serve((request, response) => {
      started.push(String(request.url));
      if (request.method === 'PATCH') respond = () => response.end('changed');
      else response.end('read');
    });
    const connection = open();
    const count = 5_000;
    connection.send(requestHead('PATCH /'));
    const paths = Array.from({ length: count }, (_, index) => `/${index}`);
    connection.send(paths.map(get).join(''));
    const finish = await until('the change is begun', () => respond);
    await turn();
    assert.deepEqual(started, ['/']);
    finish();
    assert.equal((await connection.answer()).body, 'changed');
    for (const _ of paths) assert.equal((await connection.answer()).body, 'read');
    assert.deepEqual(started, ['/', ...paths]);
  });
});
