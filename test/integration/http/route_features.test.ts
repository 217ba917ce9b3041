import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Context } from 'koa';
import { pino } from 'pino';
import { ServiceError } from '../../../app/errors.js';
import { createBareApplication } from '../../../app/http/application.js';
import { smallFormBody } from '../../../app/http/bodies/body.js';
import type { ServedPath } from '../../../app/http/route.js';
import { createHttpServer, type HttpServer } from '../../../app/http/server.js';
import { request } from '../../support/http/http.js';

function answer(make: (ctx: Context & { params: object }) => unknown): ServedPath['handle'] {
  return (ctx) => {
    ctx.body = make(ctx);
  };
}

const PATHS: readonly ServedPath[] = [
  { method: 'get', path: '/either/', slash: 'either', handle: answer(() => 'either') },
  { method: 'get', path: '/letter', handle: answer(() => 'letter') },
  { method: 'put', path: '/either/{name}', slash: 'either', handle: answer((ctx) => ctx.params) },
  { method: 'get', path: '/rest/', handle: answer(() => 'the list') },
  { method: 'get', path: '/rest/{path}', takesRest: true, handle: answer((ctx) => ctx.params) },
  { method: 'delete', path: '/rest/{path}', takesRest: true, handle: answer((ctx) => ctx.params) },
  { method: 'get', path: '/rest/exact/one', handle: answer(() => 'exact') },
  {
    method: 'post',
    path: '/form',
    middleware: [smallFormBody()],
    handle: answer((ctx) => ctx.state['body']),
  },
  { method: 'get', path: '/kept', access: { roles: ['keeper'] }, handle: answer(() => 'kept') },
  {
    method: 'get',
    path: '/members',
    handle() {
      throw new ServiceError('INVALID_INPUT', 'No.', {
        members: { name: ['Taken.'], status: 'not to be overwritten' },
      });
    },
  },
];

describe('what a route may say of itself', () => {
  let server: HttpServer;
  let url: string;
  before(async () => {
    const application = createBareApplication(PATHS, pino({ level: 'silent' }), {
      authorize(ctx, access) {
        if (access === 'open') return undefined;
        if (ctx.get('Authorization') === 'Token keeper') return Promise.resolve();
        throw new ServiceError('BAD_REQUEST', `needs ${JSON.stringify(access)}`);
      },
    });
    server = createHttpServer(application);
    url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
  });
  after(() => server.stop(1_000));

  it('serves a path with and without a slash at its end, where it says so', async () => {
    for (const path of ['/either', '/either/']) assert.equal((await request(`${url}${path}`)).text, 'either');
    assert.equal((await request(`${url}/letter`)).text, 'letter');
    assert.equal((await request(`${url}/letter/`)).status, 404);
    for (const path of ['/either/a', '/either/a/']) {
      assert.deepEqual((await request(`${url}${path}`, { method: 'PUT' })).body, { name: 'a' });
      assert.equal((await request(`${url}${path}`)).headers.get('Allow'), 'PUT');
    }
  });

  it('gives the rest of a path as it was sent, where a route takes it; an exact path goes first', async () => {
    for (const rest of ['a', 'a/b/c', 'exact', 'exact/one/more', 'a%2Fb', '%', 'a/']) {
      assert.deepEqual((await request(`${url}/rest/${rest}`)).body, { path: rest });
      assert.deepEqual((await request(`${url}/rest/${rest}`, { method: 'DELETE' })).body, { path: rest });
    }
    assert.equal((await request(`${url}/rest/exact/one`)).text, 'exact');
    assert.equal((await request(`${url}/rest/`)).text, 'the list');
    assert.equal((await request(`${url}/rest`)).status, 404);
    const refused = await request(`${url}/rest/a/b`, { method: 'PUT' });
    assert.deepEqual([refused.status, refused.headers.get('Allow')], [405, 'HEAD, GET, DELETE']);
    const options = await request(`${url}/rest/a/b`, { method: 'OPTIONS' });
    assert.deepEqual([options.status, options.headers.get('Allow')], [204, 'HEAD, GET, DELETE']);
  });

  it('takes a form as well as JSON, each field once', async () => {
    const post = (type: string, body: string) =>
      request<Record<string, unknown>>(`${url}/form`, { method: 'POST', headers: { 'Content-Type': type }, body });
    const form = 'application/x-www-form-urlencoded';
    assert.deepEqual((await post(form, 'a=1&b=%D1%8F+x&__proto__=y')).text, '{"a":"1","b":"я x","__proto__":"y"}');
    assert.deepEqual((await post('application/json', '{"a":1}')).body, { a: 1 });
    const twice = await post(form, 'a=1&a=2');
    assert.equal(twice.status, 400);
    assert.deepEqual(twice.body['errors'], [{ pointer: '/a', code: 'NOT_ALLOWED', detail: 'must be given once' }]);
    assert.equal((await post(form, 'a=%FF')).body['code'], 'INVALID_UTF8');
    assert.equal((await post('multipart/form-data', 'a=1')).status, 415);
  });

  it('asks who may use it before anything is read', async () => {
    const refused = await request<{ detail: string }>(`${url}/kept?unknown=1`);
    assert.match(refused.body.detail, /needs \{"roles":\["keeper"\]\}/);
    const headers = { Authorization: 'Token keeper' };
    assert.equal((await request(`${url}/kept`, { headers })).text, 'kept');
    assert.equal((await request(`${url}/kept?unknown=1`, { headers })).status, 400);
  });

  it('may add members to a problem, and change none', async () => {
    const { body, status } = await request<Record<string, unknown>>(`${url}/members`);
    assert.equal(status, 400);
    assert.deepEqual(body['name'], ['Taken.']);
    assert.equal(body['status'], 400);
  });
});
