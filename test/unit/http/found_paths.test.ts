import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { createBareApplication } from '../../../app/http/application.js';
import type { ServedPath } from '../../../app/http/route.js';
import { createHttpServer, type HttpServer } from '../../../app/http/server.js';
import { request } from '../../support/http/http.js';

const path = (method: ServedPath['method'], text: string, name: string): ServedPath => ({
  method,
  path: text,
  handle(ctx) {
    ctx.body = { name, params: ctx.params };
  },
});

describe('a path that was found before', () => {
  let server: HttpServer;
  let url: string;
  before(async () => {
    const paths = [path('get', '/a/{x}/b', 'one'), path('patch', '/a/{x}/b', 'change'), path('get', '/a/c/b', 'exact')];
    server = createHttpServer(createBareApplication(paths, pino({ level: 'silent' })));
    url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
  });
  after(() => server.stop(1_000));

  it('has the same route and parameters again, for each method', async () => {
    for (const [method, text, expected] of [
      ['GET', '/a/1/b', { name: 'one', params: { x: '1' } }],
      ['PATCH', '/a/1/b', { name: 'change', params: { x: '1' } }],
      ['GET', '/a/%2F%D1%8F/b', { name: 'one', params: { x: '/я' } }],
      ['GET', '/a/c/b', { name: 'exact', params: {} }],
      ['GET', '/a/2/b', { name: 'one', params: { x: '2' } }],
    ] as const) {
      for (let i = 0; i < 3; i++) assert.deepEqual((await request(url + text, { method })).body, expected);
    }
    for (let i = 0; i < 3; i++) {
      const refused = await request(`${url}/a/1/b`, { method: 'DELETE' });
      assert.deepEqual([refused.status, refused.headers.get('Allow')], [405, 'HEAD, GET, PATCH']);
      assert.equal((await request(`${url}/a/1/b/`)).status, 404);
    }
  });
});
