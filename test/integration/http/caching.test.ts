import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { citizen } from '../../support/census/citizens.js';
import { CAR_NUMBER, makeTrafficThings, type TrafficThings } from '../../support/contract/traffic_things.js';
import { postImport, request } from '../../support/http/http.js';
import { requestHead, sendRaw } from '../../support/http/raw_http.js';
import { rpcCaller } from '../../support/http/rpc.js';
import { useService } from '../../support/suite.js';
import { callerWith, readAdminToken } from '../../support/users.js';

/** Answers that a client may cache but must revalidate; they have an ETag. */
const ASKED_ABOUT = new Set([
  '/imports/{import_id}/citizens',
  '/imports/{import_id}/citizens/{citizen_id}',
  '/imports/{import_id}/citizens/birthdays',
  '/imports/{import_id}/towns/stat/percentile/age',
  '/imports/{import_id}/ages',
  '/imports/{import_id}/presents',
  '/imports/{import_id}/stats',
  '/imports/{import_id}/compare/{other_id}',
  '/imports/{import_id}/compare/{other_id}/towns',
  '/imports/{import_id}/compare/{other_id}/citizens',
  '/stats',
]);
/** The same for what is behind a token: shared caches must not keep it. */
const PRIVATE: Readonly<Record<string, string>> = {
  '/files/{path}': 'private, no-cache',
  '/cases/{case_id}/photo': 'private, no-cache',
};
/** Paths outside the API, with their caching rules. */
const OTHERS: Readonly<Record<string, string>> = {
  '/': 'no-cache',
  '/docs': 'no-store',
  '/docs/errors': 'no-store',
  '/docs/swagger-ui.css': 'public, max-age=3600',
  '/openapi.json': 'no-store',
  '/metrics': 'no-store',
};

/** A task that has not ended has no result. */
const OTHER_STATUSES: Readonly<Record<string, number>> = { '/api/v1/tasks/{id}/result': 404 };
/** What a path needs besides its parameters. */
const QUERIES: Readonly<Record<string, string>> = {
  '/stats': '?imports=1',
  '/workflows/events': '?project=pr1&workflow=wf1',
};
const FILE = 'a.txt';

describe('the rule for caches', () => {
  const service = useService();
  const headers = () => ({ Authorization: `Token ${readAdminToken(service.dataDir)}` });
  let routes: [path: string, method: string][];
  let things: TrafficThings;
  before(async () => {
    await postImport(service.url, [citizen(1)]);
    await postImport(service.url, [citizen(1, { town: 'Керчь' })]);
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    assert.equal((await admin.send('POST', '/api/v1/task_create/', {})).status, 201);
    things = await makeTrafficThings(service.url, admin);
    await fetch(`${service.url}/files/${FILE}`, { method: 'PUT', headers: headers(), body: 'a file' });
    const context = { project: { name: 'pr1', workflows: [{ name: 'wf1' }] } };
    await rpcCaller(service.url, admin.token).call('workflow.create', { context });
    const { body } = await request<{ paths: Record<string, object> }>(`${service.url}/openapi.json`);
    routes = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method): [string, string] => [path, method.toUpperCase()]),
    );
  });

  const real = (path: string, otherId = 2) =>
    service.url +
    path
      .replace('{username}', 'admin')
      .replace('{other_id}', String(otherId))
      .replace('{case_id}', things.caseId)
      .replace('{type_name}', 'camerus1')
      .replace('{car_number}', CAR_NUMBER)
      .replace('{path}', FILE)
      .replace(/^\/cameras\/\{id\}/, `/cameras/${things.cameraId}`)
      .replaceAll(/\{\w+\}/g, '1') +
    (QUERIES[path] ?? '');

  async function ruleOf(url: string, method: string) {
    const abort = new AbortController();
    const response = await fetch(url, { method, headers: headers(), signal: abort.signal });
    const answer = { status: response.status, rule: response.headers.get('Cache-Control') };
    // Event streams never end.
    abort.abort();
    return { ...answer, etag: response.headers.get('ETag') };
  }

  it('is in every answer of every route: those with an ETag are asked about each time, no other is stored', async () => {
    for (const [path, method] of routes.filter(([, name]) => name === 'GET')) {
      for (const verb of [method, 'HEAD']) {
        const { status, rule, etag } = await ruleOf(real(path), verb);
        const wanted = ASKED_ABOUT.has(path) ? 'no-cache' : PRIVATE[path];
        assert.deepEqual(
          [status, rule, etag !== null],
          [OTHER_STATUSES[path] ?? 200, wanted ?? 'no-store', wanted !== undefined],
          `${verb} ${path}`,
        );
      }
    }
    for (const [path, rule] of Object.entries(OTHERS)) {
      assert.deepEqual(await ruleOf(service.url + path, 'GET').then((answer) => [answer.status, answer.rule]), [
        200,
        rule,
      ]);
    }
  });

  it('is in an answer of 304 too', async () => {
    const { etag } = await ruleOf(real('/imports/{import_id}/ages'), 'GET');
    const again = await request(real('/imports/{import_id}/ages'), { headers: { 'If-None-Match': etag as string } });
    assert.deepEqual([again.status, again.headers.get('Cache-Control')], [304, 'no-cache']);
  });

  it('is no-store for every problem: what is not there may be there in the next second', async () => {
    for (const [path, method] of routes) {
      const { status, rule } = await ruleOf(`${real(path).split('?')[0]}?no_such=1`, method);
      assert.deepEqual([status, rule], [400, 'no-store'], `${method} ${path}`);
    }
    for (const [status, method, path] of [
      [404, 'GET', '/imports/999'],
      [404, 'GET', '/imports/999/citizens'],
      [404, 'GET', '/imports/1/citizens/999'],
      [404, 'GET', '/no/such/path'],
      [404, 'GET', '/page/0123456789abcdef/main.js'],
      [405, 'PUT', '/imports/1'],
      [415, 'POST', '/imports'],
      [412, 'DELETE', '/imports/1'],
    ] as const) {
      const condition: Record<string, string> = method === 'DELETE' ? { 'If-Match': '"x"' } : {};
      const answer = await request(service.url + path, { method, headers: condition });
      assert.deepEqual([answer.status, answer.headers.get('Cache-Control')], [status, 'no-store'], `${method} ${path}`);
    }
  });

  it('is in the answer to what is no request of HTTP', async () => {
    for (const [status, bytes] of [
      [400, 'nonsense\r\n\r\n'],
      [400, 'GET / HTTP/1.1\r\n\r\n'],
      [431, requestHead('GET /imports', { 'X-Long': 'x'.repeat(20_000) })],
      [501, requestHead('PROPFIND /imports')],
    ] as const) {
      const answer = await sendRaw(service.port, bytes);
      assert.deepEqual([answer.status, answer.headers['cache-control']], [status, 'no-store']);
    }
  });

  it('is no-store for what was written, and for a deletion', async () => {
    const created = await request(`${service.url}/imports`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ citizens: [citizen(1)] }),
    });
    assert.deepEqual([created.status, created.headers.get('Cache-Control')], [201, 'no-store']);
    const location = `${service.url}${created.headers.get('Location')}`;
    const deleted = await request(location, { method: 'DELETE' });
    assert.deepEqual([deleted.status, deleted.headers.get('Cache-Control')], [204, 'no-store']);
  });
});
