import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request } from '../../support/http/http.js';
import { useService } from '../../support/suite.js';

describe('the files of the page', () => {
  const service = useService();
  const page = () => request<string>(`${service.url}/`);
  const loadsOf = (text: string) => [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path]) => path as string);

  it('are all of this service, each under a name of its own, and are kept for ever', async () => {
    const { status, headers, text } = await page();
    assert.equal(status, 200);
    assert.equal(headers.get('Content-Type'), 'text/html; charset=utf-8');
    const files = new Set(loadsOf(text).filter((path) => path !== '/docs'));
    assert.ok(files.size > 20);
    for (const path of files) {
      assert.match(path, /^\/page\/[0-9a-f]{16}\/(\w+\/)*[\w.]+$/);
      const file = await request(`${service.url}${path}`);
      assert.equal(file.status, 200, path);
      assert.equal(file.headers.get('Cache-Control'), 'public, max-age=31536000, immutable');
      assert.equal(file.headers.get('X-Content-Type-Options'), 'nosniff');
      assert.doesNotMatch(file.text, /sourceMappingURL/);
    }
  });

  it('name no module that a browser could not find', async () => {
    const modules = loadsOf((await page()).text).filter((path) => path.endsWith('.js'));
    const known = new Set(modules);
    for (const path of modules) {
      const { text } = await request<string>(`${service.url}${path}`);
      for (const [, specifier] of text.matchAll(/(?:^import\b[^'"]*?|\bimport\()["']([^"']+)["']/gm)) {
        const { pathname } = new URL(specifier as string, `${service.url}${path}`);
        assert.ok(known.has(pathname), `${path} imports ${specifier}`);
      }
    }
  });

  it('may run no script but theirs, ask nobody else and make no HTML of texts', async () => {
    const policy = (await page()).headers.get('Content-Security-Policy') ?? '';
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.match(policy, /require-trusted-types-for 'script'; trusted-types 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.doesNotMatch((await page()).text, /<script(?! src=)|\son\w+=|style=/);
  });

  it('are compressed for those who take that, and 304 for those who have them', async () => {
    const [path] = loadsOf((await page()).text).filter((load) => load.endsWith('package_chart.js'));
    for (const target of ['/', path as string]) {
      const etags = new Set<string | null>();
      for (const encoding of ['identity', 'gzip', 'br']) {
        const url = `${service.url}${target}`;
        const plain = await request(url, { headers: { 'Accept-Encoding': encoding } });
        assert.equal(plain.headers.get('Content-Encoding'), encoding === 'identity' ? null : encoding);
        assert.equal(plain.headers.get('Vary'), 'Accept-Encoding');
        const etag = plain.headers.get('ETag') as string;
        etags.add(etag);
        const again = await request(url, { headers: { 'Accept-Encoding': encoding, 'If-None-Match': etag } });
        assert.deepEqual([again.status, again.text], [304, '']);
      }
      assert.equal(etags.size, 3);
    }
  });

  it('have an icon also where browsers look for it by themselves', async () => {
    const { status, headers, text } = await request<string>(`${service.url}/favicon.ico`);
    assert.deepEqual([status, headers.get('Content-Type')], [200, 'image/svg+xml; charset=utf-8']);
    assert.match(text, /^<svg/);
  });

  it('are none of another version, and no way out of the folder', async () => {
    const [path = ''] = loadsOf((await page()).text).filter((load) => load.endsWith('main.js'));
    for (const other of [
      '/page/0000000000000000/main.js',
      `${path}x`,
      path.replace('main.js', '..%2f..%2fpackage.json'),
    ]) {
      assert.equal((await request(`${service.url}${other}`)).status, 404, other);
    }
  });
});
