import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { pino } from 'pino';
import { smallJsonBody } from '../../../app/http/bodies/body.js';
import { readWindows } from '../../../app/http/bodies/body_stream.js';
import { requestLog } from '../../../app/http/requests/request_log.js';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../../app/http/server.js';
import { until } from '../../support/until.js';

const BODY_LIMIT_BYTES = 1_000_000;
const IDLE_MS = 500;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The ways in which handlers read bodies, with the middleware that renders errors. */
async function bodyLength(request: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const window of readWindows(request, { decoding: 'identity', limitBytes: BODY_LIMIT_BYTES })) {
    bytes += window.length;
  }
  return bytes;
}

function application(): Handler {
  const app = new Koa();
  app.use(requestLog(pino({ level: 'silent' })));
  app.use(async (ctx) => {
    if (ctx.path === '/small') {
      await smallJsonBody()(ctx, async () => {
        ctx.body = { data: ctx.state['body'] };
      });
    } else {
      ctx.body = { bytes: await bodyLength(ctx.req) };
    }
  });
  app.on('error', () => {});
  return app.callback();
}

/** Everything that a client receives on a raw socket until the server closes it. */
class Conversation {
  readonly socket: Socket;
  readonly ended: Promise<unknown>;
  received = '';
  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port });
    this.socket.setEncoding('utf8').on('data', (text: string) => {
      this.received += text;
    });
    this.socket.on('error', () => {});
    this.ended = once(this.socket, 'close');
  }
  statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }
}

describe("Node's HTTP server with slow clients", () => {
  let server: HttpServer;
  let conversations: Conversation[] = [];
  afterEach(async () => {
    for (const { socket } of conversations) socket.destroy();
    conversations = [];
    await server.stop(0);
  });

  async function talk(first: string, handler: Handler = application(), options: HttpServerOptions = {}) {
    server = createHttpServer(handler, { idleTimeoutMs: IDLE_MS, ...options });
    const conversation = new Conversation(await server.listen('127.0.0.1', 0));
    conversations.push(conversation);
    conversation.socket.write(first);
    return conversation;
  }

  const post = (path: string, headers: string, body = '') =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;

  const stalls: [why: string, text: string][] = [
    ['an import after some of its bytes', post('/imports', 'Content-Length: 1000', '{"citizens": [')],
    ['an import before its first byte', post('/imports', 'Content-Length: 1000')],
    ['an import in chunks', post('/imports', 'Transfer-Encoding: chunked', '5\r\n{"cit')],
    ['an import between two chunks', post('/imports', 'Transfer-Encoding: chunked', '5\r\n{"cit\r\n')],
    ['a small body after some of its bytes', post('/small', 'Content-Length: 1000', '{"town": ')],
    ['a small body in chunks', post('/small', 'Transfer-Encoding: chunked', '5\r\n{"cit')],
    ['an import after "Expect: 100-continue"', post('/imports', 'Content-Length: 1000\r\nExpect: 100-continue')],
  ];
  for (const [why, text] of stalls) {
    it(`answers 408 to a body that stalls: ${why}`, async () => {
      const conversation = await talk(text);
      await conversation.ended;
      assert.deepEqual(
        conversation.statuses().filter((status) => status !== 100),
        [408],
      );
      assert.match(conversation.received, /"code":"REQUEST_TIMEOUT"/);
      assert.match(conversation.received, /Connection: close/i);
    });
  }

  it('answers 408 to headers that stall', async () => {
    const options = { idleTimeoutMs: 60_000, headersTimeoutMs: 200 };
    const conversation = await talk('POST /imports HTTP/1.1\r\nHost: x\r\nContent-Ty', undefined, options);
    await conversation.ended;
    assert.deepEqual(conversation.statuses(), [408]);
    assert.match(conversation.received, /"code":"REQUEST_TIMEOUT"/);
  });

  it('answers 408 to a body that never stalls and never ends', async () => {
    const options = { headersTimeoutMs: 200, paceSpanMs: 300 };
    const conversation = await talk(post('/imports', 'Content-Length: 900000', '{'), undefined, options);
    const dripping = setInterval(() => conversation.socket.write(' '), 20);
    await conversation.ended;
    clearInterval(dripping);
    assert.deepEqual(conversation.statuses(), [408]);
    assert.match(conversation.received, /"code":"REQUEST_TIMEOUT"/);
  });

  it('takes a body that comes in many small pieces, each in time, however long it takes in all', async () => {
    const body = '{"town": "Керчь"}';
    const conversation = await talk(post('/small', `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close`));
    // Twice the idle time in total.
    for (const letter of body) {
      await sleep((2 * IDLE_MS) / body.length);
      conversation.socket.write(letter);
    }
    await conversation.ended;
    assert.deepEqual(conversation.statuses(), [200]);
  });

  it('cuts a reader that stalls in the middle of its answer', async () => {
    let closed: Promise<unknown> | undefined;
    const conversation = await talk('GET / HTTP/1.1\r\nHost: x\r\n\r\n', (_request, response) => {
      closed = once(response, 'close');
      // More than the buffers of both ends can hold.
      const piece = Buffer.alloc(1024 * 1024);
      const fill = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', fill);
      fill();
    });
    conversation.socket.pause();
    await until('the request is there', () => closed);
    await closed;
  });

  it('cuts a reader that stalls after the answer was handed over whole', async () => {
    let closed: Promise<unknown> | undefined;
    const conversation = await talk('GET / HTTP/1.1\r\nHost: x\r\n\r\n', (_request, response) => {
      closed = once(response, 'close');
      response.end(Buffer.alloc(64 * 1024 * 1024));
    });
    conversation.socket.pause();
    await until('the request is there', () => closed);
    await closed;
  });

  it('does not cut a reader that is slow but reads', async () => {
    const bytes = 24 * 1024 * 1024;
    const conversation = await talk('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', (_request, response) => {
      response.end(Buffer.alloc(bytes, 'x'));
    });
    const { socket } = conversation;
    socket.on('data', () => {
      socket.pause();
      setTimeout(() => socket.resume(), 2);
    });
    await conversation.ended;
    assert.ok(conversation.received.length > bytes);
  });

  it('does not cut off a request that is whole while its answer is long in the making', async () => {
    const conversation = await talk(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      async (_request, response) => {
        await sleep(4 * IDLE_MS);
        response.end('at last');
      },
    );
    await conversation.ended;
    assert.deepEqual(conversation.statuses(), [200]);
    assert.match(conversation.received, /at last$/);
  });

  it('does not cut off a whole POST while its answer is long in the making', async () => {
    const conversation = await talk(
      post('/imports', 'Content-Length: 5\r\nConnection: close', '12345'),
      async (request, response) => {
        const bytes = await bodyLength(request);
        await sleep(4 * IDLE_MS);
        response.end(`${bytes} bytes`);
      },
    );
    await conversation.ended;
    assert.match(conversation.received, /5 bytes$/);
  });

  it('ends a connection that asks nothing, and says nothing to it', async () => {
    const conversation = await talk('');
    await conversation.ended;
    assert.equal(conversation.received, '');
  });

  it('lets a request under way finish when it stops, on a connection that would be kept alive', async () => {
    let finish = () => {};
    const conversation = await talk('GET / HTTP/1.1\r\nHost: x\r\n\r\n', async (_request, response) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      response.end('finished');
    });
    const isUnderWay = finish;
    await until('the request is under way', () => finish !== isUnderWay);
    let hasStopped = false;
    const stopped = server.stop(60_000).then(() => {
      hasStopped = true;
    });
    await sleep(2 * IDLE_MS);
    assert.equal(hasStopped, false, 'it waits for the request');
    finish();
    await conversation.ended;
    await stopped;
    assert.match(conversation.received, /finished/);
    assert.match(conversation.received, /Connection: close/i, 'the client is told not to send more');
  });

  it('lets a slow reader have the rest of an answer that was handed over whole before the stop', async () => {
    const bytes = 24 * 1024 * 1024;
    let isHandedOver = false;
    const conversation = await talk('GET / HTTP/1.1\r\nHost: x\r\n\r\n', (_request, response) => {
      response.end(Buffer.alloc(bytes, 'x'));
      isHandedOver = true;
    });
    conversation.socket.pause();
    await until('the answer is on its way', () => isHandedOver);
    const stopped = server.stop(60_000);
    conversation.socket.resume();
    await conversation.ended;
    await stopped;
    assert.ok(conversation.received.length > bytes, `${conversation.received.length} of ${bytes}`);
  });

  it('takes the rest of a body that was on its way when it stops, and answers it', async () => {
    const conversation = await talk(post('/imports', 'Content-Length: 10', '12345'), undefined, {
      idleTimeoutMs: 60_000,
    });
    await until('the server has it', () => conversation.socket.bytesWritten > 0 && !conversation.socket.connecting);
    // The answer on a second connection shows that the server has read what arrived earlier on the first.
    const second = new Conversation(conversation.socket.remotePort as number);
    second.socket.write(post('/imports', 'Content-Length: 1\r\nConnection: close', '1'));
    await second.ended;
    const stopped = server.stop(60_000);
    conversation.socket.write('67890');
    await conversation.ended;
    await stopped;
    assert.deepEqual(conversation.statuses(), [200]);
    assert.match(conversation.received, /\{"bytes":10\}$/);
  });

  it('cuts what is not done when the grace of its stop is over', async () => {
    const conversation = await talk(post('/imports', 'Content-Length: 10', '12345'), undefined, {
      idleTimeoutMs: 60_000,
    });
    await until('it is connected', () => !conversation.socket.connecting);
    await server.stop(100);
    await conversation.ended;
  });
});
