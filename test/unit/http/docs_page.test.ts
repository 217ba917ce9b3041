import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { createApplication } from '../../../app/http/application.js';
import { createHttpServer, type HttpServer } from '../../../app/http/server.js';
import { projectDir } from '../../support/folder.js';
import { type Problem, request } from '../../support/http/http.js';

describe('the documentation', () => {
  let server: HttpServer;
  let url: string;
  before(async () => {
    const log = pino({ level: 'silent' });
    const application = createApplication({ routes: [], log, version: '1.2.3', projectDir });
    server = createHttpServer(application);
    url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
  });
  after(() => server.stop(0));

  const served: [path: string, type: string, holds: RegExp, reason: string][] = [
    ['/docs', 'text/html; charset=utf-8', /swagger-ui-bundle\.js/, 'the page'],
    ['/docs/', 'text/html; charset=utf-8', /swagger-ui-bundle\.js/, 'the same for those who type a slash'],
    [
      '/docs/start.js',
      'text/javascript; charset=utf-8',
      /openapi\.json/,
      'what starts it, kept out of the page by CSP',
    ],
    ['/docs/swagger-ui.css', 'text/css; charset=utf-8', /swagger-ui/, 'an asset of this machine'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', /SwaggerUIBundle/, 'the other one'],
    ['/docs/errors', 'text/html; charset=utf-8', /<h2 id="invalid_input">/, 'where the type of a problem leads'],
    ['/openapi.json', 'application/json; charset=utf-8', /"version":"1\.2\.3"/, 'the description itself'],
  ];
  for (const [path, type, holds, reason] of served) {
    it(`serves ${path}: ${reason}`, async () => {
      const { status, headers, text } = await request(url + path);
      assert.equal(status, 200);
      assert.equal(headers.get('Content-Type'), type);
      assert.match(text, holds);
    });
  }

  const absent: [path: string, reason: string][] = [
    ['/docs/nothing', 'there is no such file'],
    ['/docs/constructor', 'what every object has is no file'],
    ['/docs/__proto__', 'nor is its prototype'],
    ['/docs/package.json', 'a file of the package that the page does not need'],
    ['/docs/..%2Fswagger-ui.css', 'a way out of the folder'],
  ];
  for (const [path, reason] of absent) {
    it(`answers 404 to ${path}: ${reason}`, async () => {
      const { status, body } = await request<Problem>(url + path);
      assert.equal(status, 404);
      assert.equal(body.code, 'NOT_FOUND');
    });
  }

  it('is only read: another method is told so', async () => {
    assert.equal((await request(`${url}/docs`, { method: 'POST' })).status, 405);
  });

  it('answers HEAD without a body', async () => {
    const { status, text } = await request(`${url}/docs`, { method: 'HEAD' });
    assert.deepEqual({ status, text }, { status: 200, text: '' });
  });
});
