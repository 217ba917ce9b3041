import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { citizen } from '../../support/census/citizens.js';
import { type Problem, postImport, request } from '../../support/http/http.js';
import { sendRaw } from '../../support/http/raw_http.js';
import { useService } from '../../support/suite.js';
import { readAdminToken } from '../../support/users.js';

type Operation = { parameters?: { name: string; in: string }[]; responses: Record<string, unknown> };
type OpenApi = { paths: Record<string, Record<string, Operation>> };

/** Paths missing from the OpenAPI document, and whether they accept query parameters. */
const OTHER_PATHS: readonly (readonly [path: string, takesAny: boolean])[] = [
  ['/metrics', false],
  ['/openapi.json', false],
  ['/', true],
  ['/docs', true],
  ['/docs/errors', true],
  ['/docs/start.js', true],
  ['/docs/swagger-ui.css', true],
];

describe('the parameters of a query string', () => {
  const service = useService();
  let operations: { method: string; path: string; names: string[]; operation: Operation }[];
  before(async () => {
    await postImport(service.url, [citizen(1)]);
    const { body } = await request<OpenApi>(`${service.url}/openapi.json`);
    operations = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, '1'),
        names: (operation.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => name),
        operation,
      })),
    );
    assert.ok(operations.length >= 18);
  });

  async function refused(path: string, method = 'GET') {
    const headers = { Authorization: `Token ${readAdminToken(service.dataDir)}` };
    const { status, body } = await request<Problem>(`${service.url}${path}`, { method, headers });
    return [status, body.code, body.errors?.map(({ pointer, code }) => `${pointer} ${code}`)];
  }

  it('are refused by every route when it does not know them', async () => {
    for (const { method, path, operation } of operations) {
      const wanted = [400, 'INVALID_INPUT', ['/query/a~1b~0 UNKNOWN_FIELD', '/query/no_such UNKNOWN_FIELD']];
      const given = await refused(`${path}?a/b~=1&no_such&no_such`, method);
      // Missing required parameters are reported as well.
      const faults = (given[2] as string[]).filter((fault) => !fault.endsWith('REQUIRED'));
      assert.deepEqual([given[0], given[1], faults], wanted, `${method} ${path}`);
      assert.ok(operation.responses['400'], `${method} ${path}`);
    }
    assert.equal((await request<{ data: unknown[] }>(`${service.url}/imports`)).body.data.length, 1, 'none was done');
  });

  it('are refused when they are given twice', async () => {
    for (const { method, path, names } of operations) {
      for (const name of names) {
        const [status, code, faults] = await refused(`${path}?${name}=1&${name}=1`, method);
        assert.deepEqual([status, code], [400, 'INVALID_INPUT'], `${method} ${path} ${name}`);
        assert.ok((faults as string[]).includes(`/query/${name} NOT_ALLOWED`), `${method} ${path} ${name}: ${faults}`);
      }
    }
  });

  for (const [query, path] of [
    ['dryrun=true', '/imports'],
    ['dry-run=true', '/imports'],
    ['dryRun=true', '/imports'],
    ['p[]=50', '/imports/1/towns/stat/percentile/age'],
    ['town[]=X', '/imports/1/ages'],
    ['offset=5', '/imports/1/citizens'],
    ['Limit=5', '/imports/1/citizens'],
    ['__proto__=1', '/imports/1/citizens'],
    ['constructor=1', '/health/live'],
  ] as const) {
    it(`are taken to the letter: ${path}?${query}`, async () => {
      const name = query.split('=')[0];
      assert.deepEqual(await refused(`${path}?${query}`), [400, 'INVALID_INPUT', [`/query/${name} UNKNOWN_FIELD`]]);
    });
  }

  it('are refused all at once, whoever reads them', async () => {
    assert.deepEqual(await refused('/imports/1/ages?min_version=x&max_staleness_ms=-1&town=&by=x&u=1'), [
      400,
      'INVALID_INPUT',
      [
        '/query/u UNKNOWN_FIELD',
        '/query/town TOO_SHORT',
        '/query/by NOT_ALLOWED',
        '/query/min_version OUT_OF_RANGE',
        '/query/max_staleness_ms OUT_OF_RANGE',
      ],
    ]);
  });

  it('are refused to HEAD too, and do not hide that a method is not taken', async () => {
    const head = await request(`${service.url}/health/live?x=1`, { method: 'HEAD' });
    assert.equal(head.status, 400);
    assert.equal((await request(`${service.url}/health/live?x=1`, { method: 'DELETE' })).status, 405);
    assert.equal((await request(`${service.url}/no/such/path?x=1`)).status, 404);
  });

  for (const [path, takesAny] of OTHER_PATHS) {
    it(`are ${takesAny ? 'passed over by pages and their files' : 'refused'}: ${path}?utm_source=x`, async () => {
      assert.equal((await request(`${service.url}${path}?utm_source=x`)).status, takesAny ? 200 : 400);
    });
  }

  it('may be 100 at most', async () => {
    // Koa's own parser takes 0.8 s for the longest URL that Node accepts.
    for (const count of [101, 7_900]) {
      const { status, body } = await sendRaw(
        service.port,
        getRequest(`/imports/1/citizens?${Array.from({ length: count }, () => 'a').join('&')}`),
      );
      const { detail, errors } = JSON.parse(body) as Problem;
      assert.deepEqual([status, errors?.map(({ pointer }) => pointer)], [400, ['/query']]);
      assert.match(detail, /at most 100 parameters/);
    }
  });

  for (const [query, code] of [
    ['town=%FF', 'INVALID_UTF8'],
    ['%FF=x', 'INVALID_UTF8'],
    ['town=100%', 'INVALID_INPUT'],
  ] as const) {
    it(`are refused when their encoding is wrong: ${query}`, async () => {
      const { status, body } = await sendRaw(service.port, getRequest(`/imports/1/ages?${query}`));
      assert.deepEqual([status, JSON.parse(body).code], [400, code]);
    });
  }

  it('are refused with a hint when their letters are not percent-encoded', async () => {
    const { status, body } = await sendRaw(service.port, getRequest('/imports/1/ages?town=Москва'));
    assert.equal(status, 400);
    assert.match((JSON.parse(body) as Problem).detail, /percent-encoded.*--data-urlencode/);
  });

  it('have blanks written as + or %20', async () => {
    const id = await postImport(service.url, [citizen(1, { town: 'Нижний Новгород' }), citizen(2, { town: 'a+b' })]);
    const [nizhny, novgorod] = ['Нижний', 'Новгород'].map(encodeURIComponent);
    for (const town of [`${nizhny}+${novgorod}`, `${nizhny}%20${novgorod}`, 'a%2Bb']) {
      const { body } = await request<{ data: unknown[] }>(`${service.url}/imports/${id}/ages?town=${town}`);
      assert.equal(body.data.length, 1, town);
    }
  });
});

function getRequest(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
}
