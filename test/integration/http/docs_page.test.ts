import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request } from '../../support/http/http.js';
import { useService } from '../../support/suite.js';

describe('/docs', () => {
  const service = useService();
  const page = () => request<string>(`${service.url}/docs`);

  it('is a page whose scripts and styles all come from this service', async () => {
    const { status, headers, text } = await page();
    assert.equal(status, 200);
    assert.equal(headers.get('Content-Type'), 'text/html; charset=utf-8');
    const loads = [...text.matchAll(/<(?:script|link)[^>]* (?:src|href)="([^"]*)"/g)].map(([, url]) => url as string);
    assert.ok(loads.length >= 3);
    for (const load of loads) {
      assert.match(load, /^\/[^/]/, `${load} leads elsewhere`);
      const asset = await request(`${service.url}${load}`);
      assert.equal(asset.status, 200, load);
      assert.match(asset.headers.get('Content-Type') ?? '', load.endsWith('.css') ? /^text\/css/ : /^text\/javascript/);
      assert.equal(asset.headers.get('X-Content-Type-Options'), 'nosniff');
      assert.ok(asset.text.length > 50, load);
    }
    assert.doesNotMatch(text, /https?:\/\//);
  });

  it('is the same with a slash, and so is the list of errors', async () => {
    for (const path of ['/docs', '/docs/errors']) {
      const [plain, slashed] = await Promise.all([path, `${path}/`].map((each) => request(`${service.url}${each}`)));
      assert.deepEqual([slashed?.status, slashed?.text], [200, plain?.text], path);
    }
  });

  it('forbids the browser to load anything from elsewhere', async () => {
    const policy = (await page()).headers.get('Content-Security-Policy') ?? '';
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /https?:|\*|unsafe-eval/);
  });

  it('has styles that fetch nothing from elsewhere', async () => {
    const { text } = await request<string>(`${service.url}/docs/swagger-ui.css`);
    const urls = [...text.matchAll(/url\(["']?([^)"']*)/g)].map(([, url]) => url as string);
    for (const url of urls) assert.match(url, /^data:|^#/);
    assert.doesNotMatch(text, /@import/);
  });

  it('shows the document of this service, and asks no validator elsewhere', async () => {
    const { text } = await request<string>(`${service.url}/docs/start.js`);
    assert.match(text, /url: '\/openapi\.json'/);
    assert.match(text, /validatorUrl: null/);
    assert.doesNotMatch(text, /https?:\/\//);
  });

  it('shows the list of errors', async () => {
    const { status, headers } = await request(`${service.url}/docs/errors`);
    assert.equal(status, 200);
    assert.match(headers.get('Content-Type') ?? '', /^text\/html/);
  });
});
