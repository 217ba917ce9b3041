import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { createHttpServer, type HttpServer } from '../../../app/http/server.js';
import { openRaw, requestHead } from '../../support/http/raw_http.js';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];
const METHODS = [...SAFE, 'POST', 'PATCH', 'DELETE'];

/** `turns`: the number of event loop turns that the request takes. */
type Asked = { method: string; turns: number; bodyBytes: number };

const asked: fc.Arbitrary<Asked> = fc.record({
  method: fc.constantFrom(...METHODS),
  turns: fc.nat({ max: 5 }),
  bodyBytes: fc.constantFrom(0, 0, 10),
});

describe('pipelined requests', () => {
  let server: HttpServer;
  let port: number;
  let running: Set<number>;
  let overlaps: [number, number][];

  before(async () => {
    server = createHttpServer(async (request: IncomingMessage, response: ServerResponse) => {
      const index = Number(request.headers['x-index']);
      for (const other of running) overlaps.push([other, index]);
      running.add(index);
      for await (const _ of request);
      for (let i = Number(request.headers['x-turns']); i > 0; i--) await turn();
      running.delete(index);
      response.setHeader('X-Index', index);
      response.end();
    });
    port = await server.listen('127.0.0.1', 0);
  });
  after(() => server.stop(0));

  it('are answered in order, and none runs beside one that may change data', async () => {
    let parallelCount = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 12 }), fc.nat(), async (requests, seed) => {
        running = new Set();
        overlaps = [];
        const text = requests
          .map(({ method, turns, bodyBytes }, index) => {
            const headers = { 'X-Index': index, 'X-Turns': turns, 'Content-Length': bodyBytes };
            return requestHead(`${method} /`, headers) + 'x'.repeat(bodyBytes);
          })
          .join('');
        const connection = openRaw(port);
        const cut = seed % text.length;
        connection.send(text.slice(0, cut));
        await turn();
        connection.send(text.slice(cut));
        for (const [index, { method }] of requests.entries()) {
          const answer = await connection.answer({ toHead: method === 'HEAD' });
          assert.equal(answer.headers['x-index'], String(index));
        }
        connection.socket.destroy();
        parallelCount += overlaps.length;
        const isSafe = (index: number) => SAFE.includes(requests[index]?.method ?? '');
        assert.deepEqual(
          overlaps.filter(([one, other]) => !isSafe(one) || !isSafe(other)),
          [],
        );
      }),
      { numRuns: 100 },
    );
    assert.ok(parallelCount > 0, 'safe requests run side by side');
  });
});
