import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { citizen } from '../../../support/census/citizens.js';
import { postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

const citizens = makeCitizens(3_000, 300);
const DECODERS = { identity: (bytes: Buffer) => bytes, gzip: gunzipSync, br: brotliDecompressSync };
type Encoding = keyof typeof DECODERS;

/** The answer with its raw bytes; uses node:http because fetch decodes bodies. */
async function getRaw(url: string, headers: Record<string, string>, method = 'GET') {
  const { request: send } = await import('node:http');
  return new Promise<{ status: number; headers: Record<string, string | undefined>; bytes: Buffer }>(
    (resolve, reject) => {
      send(url, { method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode as number,
            headers: response.headers as Record<string, string | undefined>,
            bytes: Buffer.concat(chunks),
          }),
        );
      })
        .on('error', reject)
        .end();
    },
  );
}

describe('the format of a list', () => {
  const service = useService();
  let listUrl: string;
  before(async () => {
    listUrl = `${service.url}/imports/${await postImport(service.url, citizens)}/citizens`;
  });

  const typeFor = async (Accept: string) =>
    (await request(listUrl, { headers: { Accept } })).headers.get('Content-Type');

  const wishes: [accept: string, type: RegExp][] = [
    ['application/x-ndjson', /^application\/x-ndjson/],
    ['text/csv', /^text\/csv; charset=utf-8$/],
    ['text/*', /^text\/csv/],
    ['text/html, text/csv;q=0.5', /^text\/csv/],
    ['application/json;q=0.1, application/x-ndjson', /^application\/x-ndjson/],
    ['*/*', /^application\/json/],
    ['text/html, */*;q=0.1', /^application\/json/],
    ['image/png', /^application\/json/],
    ['', /^application\/json/],
  ];
  for (const [accept, type] of wishes) {
    it(`is by Accept, JSON when it does not matter or is not known: ${accept}`, async () => {
      assert.match((await typeFor(accept)) ?? '', type);
    });
  }

  it('is lines of JSON', async () => {
    const { text, headers } = await request(listUrl, { headers: { Accept: 'application/x-ndjson' } });
    assert.equal(text, citizens.map((one) => `${JSON.stringify(one)}\n`).join(''));
    assert.equal(headers.get('Vary'), 'Accept, Accept-Encoding');
  });

  it('is CSV with a header row in the order of the schema', async () => {
    const { text } = await request(listUrl, { headers: { Accept: 'text/csv' } });
    const rows: string[][] = parse(text);
    assert.deepEqual(rows[0], Object.keys(citizen(1)));
    assert.deepEqual(
      rows.slice(1),
      citizens.map(({ relatives, ...fields }) => [...Object.values(fields).map(String), relatives.join(';')]),
    );
  });

  it('of an import without citizens is no line, or the header row', async () => {
    const emptyUrl = `${service.url}/imports/${await postImport(service.url, [])}/citizens`;
    const texts = await Promise.all(
      ['application/json', 'application/x-ndjson', 'text/csv'].map(
        async (Accept) => (await request(emptyUrl, { headers: { Accept } })).text,
      ),
    );
    assert.deepEqual(texts, ['{"data":[]}', '', `${Object.keys(citizen(1)).join(',')}\r\n`]);
  });
});

describe('the encoding of lists and statistics', () => {
  const service = useService();
  let importUrl: string;
  before(async () => {
    importUrl = `${service.url}/imports/${await postImport(service.url, citizens)}`;
  });

  const wishes: [accept: string, encoding: Encoding][] = [
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0.5, gzip', 'gzip'],
    ['deflate, gzip;q=0.5', 'gzip'],
    ['*', 'br'],
    ['identity', 'identity'],
    ['deflate', 'identity'],
    ['gzip;q=0', 'identity'],
    ['', 'identity'],
  ];
  for (const path of ['citizens', 'citizens?limit=100', 'citizens/birthdays']) {
    for (const [accept, encoding] of wishes) {
      it(`is by Accept-Encoding, and leaves the text as it is: ${path}: ${accept}`, async () => {
        const plain = await getRaw(`${importUrl}/${path}`, {});
        for (const time of ['made', 'kept']) {
          const answer = await getRaw(`${importUrl}/${path}`, { 'Accept-Encoding': accept });
          assert.equal(answer.headers['content-encoding'] ?? 'identity', encoding, time);
          assert.equal(Number(answer.headers['content-length']), answer.bytes.length);
          assert.match(answer.headers['vary'] ?? '', /Accept-Encoding/);
          assert.ok(DECODERS[encoding](answer.bytes).equals(plain.bytes), time);
        }
      });
    }
  }

  it('has a strong ETag each, of which a client may show any', async () => {
    const url = `${importUrl}/citizens`;
    const ask = (encoding: string, etag?: string) =>
      getRaw(url, { 'Accept-Encoding': encoding, ...(etag !== undefined && { 'If-None-Match': etag }) });
    const etags = await Promise.all(['br', 'gzip', 'identity'].map(async (e) => (await ask(e)).headers['etag'] ?? ''));
    assert.equal(new Set(etags).size, 3);
    for (const etag of etags) assert.match(etag, /^"[\w.]+"$/);
    const [br, gzip, identity] = etags as [string, string, string];
    const answers = [await ask('br', br), await ask('gzip', `"x", ${gzip}`), await ask('br', identity)];
    assert.deepEqual(
      answers.map(({ status, headers, bytes }) => [status, headers['etag'], bytes.length, headers['vary']]),
      [br, gzip, identity].map((etag) => [304, etag, 0, 'Accept, Accept-Encoding']),
    );
    assert.equal((await ask('gzip', br)).status, 200);
    await sendJson('PATCH', `${url}/1`, { apartment: 77 });
    assert.equal((await ask('br', br)).status, 200);
  });

  it('is none below 1 KB, and the ETag says so', async () => {
    const url = `${service.url}/imports/${await postImport(service.url, [citizen(1)])}/citizens`;
    const answer = await getRaw(url, { 'Accept-Encoding': 'br' });
    assert.equal(answer.headers['content-encoding'], undefined);
    assert.equal(answer.headers['etag'], (await getRaw(url, {})).headers['etag']);
  });

  it('is told to HEAD too', async () => {
    for (const encoding of ['br', 'identity']) {
      const get = await getRaw(`${importUrl}/citizens`, { 'Accept-Encoding': encoding });
      const head = await getRaw(`${importUrl}/citizens`, { 'Accept-Encoding': encoding }, 'HEAD');
      assert.equal(head.bytes.length, 0);
      for (const name of ['content-encoding', 'content-length', 'content-type', 'etag', 'vary']) {
        assert.equal(head.headers[name], get.headers[name], name);
      }
    }
  });
});

describe('a list of more than 8 MB', () => {
  const service = useService();
  const many = makeCitizens(9_000, 0).map((one) => ({ ...one, name: 'ы'.repeat(256), street: 'ж'.repeat(256) }));
  let listUrl: string;
  before(async () => {
    listUrl = `${service.url}/imports/${await postImport(service.url, many)}/citizens`;
  });

  for (const encoding of ['identity', 'gzip', 'br'] as const) {
    it(`comes whole in pieces: ${encoding}`, async () => {
      const answer = await getRaw(listUrl, { 'Accept-Encoding': encoding });
      assert.equal(answer.headers['content-encoding'] ?? 'identity', encoding);
      assert.ok(DECODERS[encoding](answer.bytes).equals(Buffer.from(JSON.stringify({ data: many }))));
      const head = await getRaw(listUrl, { 'Accept-Encoding': encoding }, 'HEAD');
      assert.deepEqual([head.status, head.bytes.length, head.headers['etag']], [200, 0, answer.headers['etag']]);
      assert.equal(head.headers['content-length'], answer.headers['content-length']);
    });
  }
});
