import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import { type ReadWindowsOptions, readWindows } from '../../../app/http/bodies/body_stream.js';
import type { ContentDecoding } from '../../../app/http/bodies/content_encoding.js';
import type { HttpServerOptions } from '../../../app/http/server.js';
import { type BodyServer, startBodyServer } from '../../support/http/body_server.js';
import { openRaw, type RawConnection, requestHead } from '../../support/http/raw_http.js';
import { until } from '../../support/until.js';

const MB = 1024 * 1024;
const LIMIT_BYTES = 64 * MB;
const WINDOW_BYTES = 256 * 1024;
const CHUNKED = { 'Transfer-Encoding': 'chunked' };

async function countBytes(request: IncomingMessage, options: Partial<ReadWindowsOptions> = {}): Promise<number> {
  let bytes = 0;
  for await (const window of readWindows(request, { decoding: 'identity', limitBytes: LIMIT_BYTES, ...options })) {
    bytes += window.length;
  }
  return bytes;
}

/** Encodes so many zeros, a megabyte at a time, so that memory use stays low. */
async function zeros(encoder: zlib.Gzip | zlib.BrotliCompress, megabytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  encoder.on('data', (piece: Buffer) => pieces.push(piece));
  const megabyte = Buffer.alloc(MB);
  for (let sent = 0; sent < megabytes; sent++) {
    if (!encoder.write(megabyte)) await new Promise((resolve) => encoder.once('drain', resolve));
  }
  encoder.end();
  await new Promise((resolve) => encoder.once('end', resolve));
  return Buffer.concat(pieces);
}

describe('a body read in windows', () => {
  let server: BodyServer | undefined;
  const connections: RawConnection[] = [];
  afterEach(async () => {
    for (const { socket } of connections.splice(0)) socket.destroy();
    await server?.stop();
    server = undefined;
  });

  async function open(
    take: (request: IncomingMessage) => Promise<unknown>,
    options?: HttpServerOptions,
  ): Promise<RawConnection> {
    server ??= await startBodyServer(take, options);
    const connection = openRaw(server.port);
    connections.push(connection);
    return connection;
  }

  it('may be empty where the reader allows it', async () => {
    assert.equal((await sendWhole(Buffer.alloc(0), { mayBeEmpty: true })).result, 0);
  });

  it('hands out all bytes before the error where the reader wants them: of a body that is cut off', async () => {
    const read: { bytes: number; failure?: unknown }[] = [];
    const count = async (request: IncomingMessage, deliversRest: boolean) => {
      const seen: { bytes: number; failure?: unknown } = { bytes: 0 };
      try {
        const options = { decoding: 'identity', limitBytes: LIMIT_BYTES, deliversRest } as const;
        for await (const window of readWindows(request, options)) seen.bytes += window.length;
      } catch (reason) {
        seen.failure = (reason as { code?: string }).code;
      }
      read.push(seen);
    };
    const sentBytes = 3 * WINDOW_BYTES + 5;
    for (const deliversRest of [true, false]) {
      const connection = await open((request) => count(request, request.headers['x-rest'] === 'true'));
      const headers = { 'Content-Length': 2 * sentBytes, 'X-Rest': String(deliversRest) };
      connection.send(requestHead('POST /', headers));
      connection.send(Buffer.alloc(sentBytes));
      connection.socket.end();
      await until('it was read', () => read.length > (deliversRest ? 0 : 1));
    }
    assert.deepEqual(read[0], { bytes: sentBytes, failure: 'BODY_CUT_OFF' });
    assert.equal(read[1]?.failure, 'BODY_CUT_OFF');
    assert.ok((read[1]?.bytes as number) < sentBytes);
  });

  async function sendWhole(body: Buffer, options: Partial<ReadWindowsOptions>) {
    const connection = await open((request) => countBytes(request, options));
    connection.send(requestHead('POST /', { 'Content-Length': body.length }));
    connection.send(body);
    const answer = await connection.answer();
    return { connection, status: answer.status, ...JSON.parse(answer.body) };
  }

  /** Asserts that the connection is open and still in step with the protocol. */
  async function assertGoodForMore(connection: RawConnection): Promise<void> {
    connection.send(`${requestHead('POST /', { 'Content-Length': 1 })}x`);
    const { status } = await connection.answer();
    assert.ok(status === 200 || status === 400, String(status));
  }

  // Runs first: garbage left by other tests would hide the memory that this one uses.
  it('costs little room while little of it has come, from however many clients', async () => {
    let reading = 0;
    const take = (request: IncomingMessage) => {
      request.once('data', () => reading++);
      return countBytes(request);
    };
    await open(take);
    const before = process.memoryUsage().arrayBuffers;
    const clientCount = 200;
    for (let count = 0; count < clientCount; count++) {
      const connection = await open(take);
      connection.send(`${requestHead('POST /', { 'Content-Length': LIMIT_BYTES })}x`);
    }
    await until('all of them are read', () => (reading === clientCount ? true : undefined));
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < (clientCount * WINDOW_BYTES) / 4, `${grown} bytes`);
  });

  const text = Buffer.from('some text '.repeat(20_000));
  const gzip = zlib.gzipSync(text);
  const broken = Buffer.from(gzip);
  broken[gzip.length >> 1] = (broken[gzip.length >> 1] as number) ^ 0xff;
  const cases: [why: string, decoding: ContentDecoding, body: Buffer, code: string][] = [
    ['no byte', 'identity', Buffer.alloc(0), 'EMPTY_BODY'],
    ['a gzip of nothing', 'gzip', zlib.gzipSync(''), 'EMPTY_BODY'],
    ['a brotli of nothing', 'br', zlib.brotliCompressSync(''), 'EMPTY_BODY'],
    ['no byte of gzip', 'gzip', Buffer.alloc(0), 'EMPTY_BODY'],
    ['plain text as gzip', 'gzip', text, 'MALFORMED_ENCODING'],
    ['plain text as deflate', 'deflate', text, 'MALFORMED_ENCODING'],
    ['plain text as brotli', 'br', text, 'MALFORMED_ENCODING'],
    ['gzip as brotli', 'br', gzip, 'MALFORMED_ENCODING'],
    ['gzip with a broken byte', 'gzip', broken, 'MALFORMED_ENCODING'],
    ['gzip without its last byte', 'gzip', gzip.subarray(0, -1), 'MALFORMED_ENCODING'],
    ['deflate without its last byte', 'deflate', zlib.deflateSync(text).subarray(0, -1), 'MALFORMED_ENCODING'],
    ['brotli without its last byte', 'br', zlib.brotliCompressSync(text).subarray(0, -1), 'MALFORMED_ENCODING'],
    ['gzip and a little more', 'gzip', Buffer.concat([gzip, text.subarray(0, 9)]), 'MALFORMED_ENCODING'],
    ['gzip and zeros', 'gzip', Buffer.concat([gzip, Buffer.alloc(9)]), 'MALFORMED_ENCODING'],
    ['gzip and much more', 'gzip', Buffer.concat([gzip, ...Array(20).fill(text)]), 'MALFORMED_ENCODING'],
    ['deflate and more', 'deflate', Buffer.concat([zlib.deflateSync(text), text]), 'MALFORMED_ENCODING'],
    ['brotli and more', 'br', Buffer.concat([zlib.brotliCompressSync(text), text]), 'MALFORMED_ENCODING'],
  ];
  for (const [why, decoding, body, code] of cases) {
    it(`is refused with ${code}, and the connection lives on: ${why}`, async () => {
      const answer = await sendWhole(body, { decoding });
      assert.equal(answer.code, code);
      await assertGoodForMore(answer.connection);
    });
  }

  it('may be several gzips, one behind the other: they are one text', async () => {
    const answer = await sendWhole(Buffer.concat([gzip, gzip, zlib.gzipSync('end')]), { decoding: 'gzip' });
    assert.equal(answer.result, 2 * text.length + 3);
  });

  for (const [why, decoding, body] of [
    ['plain', 'identity', text],
    ['gzip', 'gzip', gzip],
  ] as const) {
    it(`may have exactly the limit, and not a byte more, decoded: ${why}`, async () => {
      assert.equal((await sendWhole(body, { decoding, limitBytes: text.length })).result, text.length);
      await server?.stop();
      server = undefined;
      assert.equal((await sendWhole(body, { decoding, limitBytes: text.length - 1 })).status, 413);
    });
  }

  it('is refused before it is sent when it announces too much', async () => {
    const connection = await open((request) => countBytes(request));
    connection.send(requestHead('POST /', { 'Content-Length': LIMIT_BYTES + 1 }));
    assert.equal((await connection.answer()).status, 413);
  });

  it('is refused when its chunks pass the limit, though the client reads nothing before all is written', async () => {
    const connection = await open((request) => countBytes(request, { limitBytes: MB }));
    connection.send(requestHead('POST /', CHUNKED));
    const megabyte = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MB, 'x'), Buffer.from('\r\n')]);
    for (let sent = 0; sent < 24; sent++) connection.send(megabyte);
    connection.send('0\r\n\r\n');
    assert.equal((await connection.answer()).status, 413);
    await assertGoodForMore(connection);
  });

  for (const [decoding, encoder] of [
    ['gzip', () => zlib.createGzip({ level: 1 })],
    ['br', () => zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ] as const) {
    it(`that is a bomb is refused at the limit, in little memory: ${decoding}`, async () => {
      const bomb = await zeros(encoder(), 2_000);
      const before = process.memoryUsage().rss;
      let most = 0;
      let read = 0;
      const connection = await open(async (request) => {
        for await (const window of readWindows(request, { decoding, limitBytes: LIMIT_BYTES })) {
          read += window.length;
          most = Math.max(most, process.memoryUsage().rss - before);
        }
      });
      connection.send(requestHead('POST /', { 'Content-Length': bomb.length }));
      connection.send(bomb);
      const answer = await connection.answer();
      assert.equal(answer.status, 413, answer.body);
      assert.ok(read <= LIMIT_BYTES);
      // Windows already read wait for the garbage collector; 2 GB would exceed this by far.
      assert.ok(most < 200 * MB, `${most} bytes more`);
    });
  }

  it('stops its sender while nobody asks for the next window, however long that is', async () => {
    let goOn = () => {};
    const isGoingOn = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const idleTimeoutMs = 200;
    const connection = await open(
      async (request) => {
        let bytes = 0;
        for await (const window of readWindows(request, { decoding: 'identity', limitBytes: LIMIT_BYTES })) {
          if (bytes === 0) await isGoingOn;
          bytes += window.length;
        }
        return { bytes, received: request.socket.bytesRead };
      },
      { idleTimeoutMs, paceSpanMs: 300, minBytesPerSecond: 1 },
    );
    connection.send(requestHead('POST /', { 'Content-Length': LIMIT_BYTES }));
    connection.socket.write(Buffer.alloc(LIMIT_BYTES));
    let last = -1;
    await until('the sender stands still', () => {
      const wasAt = last;
      last = connection.socket.bytesWritten - connection.socket.writableLength;
      return wasAt === last && last > 0 ? true : undefined;
    });
    // Tests the time itself: four times the interval within which a client must send a byte when asked.
    await new Promise((resolve) => setTimeout(resolve, 4 * idleTimeoutMs + 1_500));
    assert.ok(connection.socket.writableLength > 0, 'not all was taken in');
    goOn();
    const answer = await connection.answer();
    assert.equal(answer.status, 200, answer.body);
    assert.equal(JSON.parse(answer.body).result.bytes, LIMIT_BYTES);
  });

  it('is refused with 408 when its client stalls after it had to wait for us', async () => {
    const idleTimeoutMs = 200;
    let isOver = false;
    const connection = await open(
      async (request) => {
        for await (const window of readWindows(request, { decoding: 'identity', limitBytes: LIMIT_BYTES })) {
          // Waits until the time of the pause is over.
          if (!isOver) await new Promise((resolve) => request.socket.once('timeout', resolve));
          isOver = window.length > 0;
        }
      },
      { idleTimeoutMs },
    );
    connection.send(requestHead('POST /', { 'Content-Length': LIMIT_BYTES }));
    // One window is taken and one is waiting; nothing is in flight that could arrive at the next read.
    connection.send(Buffer.alloc(2 * WINDOW_BYTES));
    const answer = await connection.answer();
    assert.ok(isOver);
    assert.equal(answer.status, 408, answer.body);
  });

  for (const decoding of ['identity', 'gzip'] as const) {
    it(`is given up when the client leaves midway: ${decoding}`, async () => {
      let code: unknown;
      const connection = await open(async (request) => {
        await countBytes(request, { decoding }).catch((reason) => {
          code = reason.code;
          throw reason;
        });
      });
      connection.send(requestHead('POST /', CHUNKED));
      const half = gzip.subarray(0, gzip.length >> 1);
      connection.socket.write(Buffer.concat([Buffer.from(`${half.length.toString(16)}\r\n`), half]), () =>
        connection.socket.destroy(),
      );
      await until('the reader is told', () => code);
      assert.equal(code, 'BODY_CUT_OFF');
    });

    it(`is refused with 408 when it stalls: ${decoding}`, async () => {
      const connection = await open((request) => countBytes(request, { decoding }), { idleTimeoutMs: 200 });
      connection.send(requestHead('POST /', { 'Content-Length': gzip.length }));
      connection.send(gzip.subarray(0, gzip.length >> 1));
      const answer = await connection.answer();
      assert.equal(answer.status, 408);
      assert.equal(answer.headers['connection'], 'close');
    });

    it(`is refused with 408 when it drips for too long: ${decoding}`, async () => {
      const connection = await open((request) => countBytes(request, { decoding }), { paceSpanMs: 500 });
      connection.send(requestHead('POST /', { 'Content-Length': gzip.length }));
      let at = 0;
      const dripping = setInterval(() => connection.send(gzip.subarray(at, ++at)), 20);
      const answer = await connection.answer().finally(() => clearInterval(dripping));
      assert.equal(answer.status, 408);
      assert.match(answer.body, /bytes\/s/);
    });
  }

  it('is refused with 408 when it drips after a fast beginning', async () => {
    let isThere = false;
    const connection = await open(
      (request) => {
        isThere = true;
        return countBytes(request);
      },
      { paceSpanMs: 500, minBytesPerSecond: 1_000 },
    );
    connection.send(requestHead('POST /', { 'Content-Length': 1_000_000 }));
    await until('the request is there', () => isThere);
    // At the average rate of the whole body it would take 20 s.
    connection.send('x'.repeat(20_000));
    const dripping = setInterval(() => connection.send('x'), 20);
    const begun = performance.now();
    const answer = await connection.answer().finally(() => clearInterval(dripping));
    assert.equal(answer.status, 408);
    assert.ok(performance.now() - begun < 10_000);
  });

  it('may take longer than a span of its pace, when it comes at that pace', async () => {
    const connection = await open((request) => countBytes(request), { paceSpanMs: 500, minBytesPerSecond: 100 });
    const body = 'x'.repeat(150);
    connection.send(requestHead('POST /', { 'Content-Length': 10 * body.length }));
    for (let sent = 0; sent < 10; sent++) {
      connection.send(body);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    assert.equal((await connection.answer()).status, 200);
  });

  for (const [why, leave] of [
    ['ended', (connection: RawConnection) => connection.socket.end()],
    ['reset', (connection: RawConnection) => connection.socket.resetAndDestroy()],
    ['broke the protocol', (connection: RawConnection) => connection.send('no size\r\n')],
  ] as const) {
    it(`is refused when the client ${why} before the reading began`, async () => {
      let code: unknown;
      let isThere = false;
      const connection = await open(async (request) => {
        isThere = true;
        await until('the server knows', () => request.destroyed || request.listenerCount('resume') > 1);
        await countBytes(request).catch((reason) => {
          code = reason.code;
        });
      });
      connection.send(requestHead('POST /', CHUNKED));
      await until('the request is there', () => isThere);
      leave(connection);
      await until('the reader is told', () => code);
      assert.equal(code, why === 'broke the protocol' ? 'BAD_REQUEST' : 'BODY_CUT_OFF');
    });
  }

  it('is read and forgotten when the reader stops early, so that the answer arrives', async () => {
    const connection = await open(async (request) => {
      for await (const window of readWindows(request, { decoding: 'identity', limitBytes: LIMIT_BYTES })) {
        return window.length;
      }
      return 0;
    });
    connection.send(requestHead('POST /', { 'Content-Length': 24 * MB }));
    connection.send(Buffer.alloc(24 * MB));
    const answer = await connection.answer();
    assert.equal(JSON.parse(answer.body).result, WINDOW_BYTES);
    await assertGoodForMore(connection);
  });

  it('is asked for once somebody reads it, of whatever size: "Expect: 100-continue"', async () => {
    const connection = await open((request) => countBytes(request));
    connection.send(requestHead('POST /', { 'Content-Length': 3, Expect: '100-continue' }));
    assert.equal((await connection.answer()).status, 100);
    connection.send('abc');
    assert.equal((await connection.answer()).status, 200);
    connection.send(requestHead('POST /', { 'Content-Length': LIMIT_BYTES + 1, Expect: '100-continue' }));
    assert.equal((await connection.answer()).status, 413, 'what is refused unread is not asked for');
  });
});
