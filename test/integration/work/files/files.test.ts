import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { makeFolder } from '../../../support/folder.js';
import { useService } from '../../../support/suite.js';
import { assertStatus, digestOf, type FileClient, fileClient, sha256Of } from '../../../support/work/file_client.js';

type Row = { path: string; size: number; etag: string | null; modified: number };
type Problem = { code: string; errors?: { pointer: string; code: string }[] };

const MANY_BYTES = 3 * 1024 * 1024 + 17;
const large = Buffer.alloc(MANY_BYTES, 'Svodka is a summary report. ');

/** Names of all incomplete uploads. */
function halves(filesDir: string): string[] {
  const folder = join(filesDir, '.svodka', 'uploads');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('/'));
}

describe('files', () => {
  const outside = makeFolder();
  const service = useService();
  let files: FileClient;
  let dir: string;
  before(() => {
    files = fileClient(service);
    dir = join(service.dataDir, 'files');
  });
  const list = async (prefix?: string) => {
    const query = prefix === undefined ? '' : `?prefix=${encodeURIComponent(prefix)}`;
    return assertStatus(await files.send('GET', `/files/${query}`), 200).json<Row[]>();
  };

  it('are stored and read back, with the SHA-256 as the ETag', async () => {
    const created = assertStatus(await files.put('reports/2026.csv', large), 201);
    const etag = `"${sha256Of(large)}"`;
    assert.equal(created.headers['etag'], etag);
    const row = created.json<Row>();
    assert.deepEqual([row.path, row.size, row.etag], ['reports/2026.csv', MANY_BYTES, etag]);
    assert.ok(Math.abs(row.modified - Date.now() / 1_000) < 3_600);
    const read = assertStatus(await files.send('GET', '/files/reports/2026.csv'), 200);
    assert.ok(read.bytes.equals(large));
    assert.equal(read.headers['etag'], etag);
    assert.equal(read.headers['repr-digest'], digestOf(large));
    assert.equal(read.headers['content-length'], String(MANY_BYTES));
    const head = assertStatus(await files.send('HEAD', '/files/reports/2026.csv'), 200);
    assert.equal(head.headers['content-length'], String(MANY_BYTES));
    assert.equal(head.headers['etag'], etag);
    assert.equal(head.bytes.length, 0);
    const replaced = assertStatus(await files.put('reports/2026.csv', 'short'), 200);
    assert.equal(replaced.json<Row>().size, 5);
    assert.equal((await files.send('GET', '/files/reports/2026.csv')).bytes.toString(), 'short');
    assert.deepEqual(halves(dir), []);
  });

  it('may be empty, and arrive without a length', async () => {
    assertStatus(await files.put('empty', ''), 201);
    const read = assertStatus(await files.send('GET', '/files/empty'), 200);
    assert.deepEqual([read.bytes.length, read.headers['content-length']], [0, '0']);
    assert.equal(read.headers['etag'], `"${sha256Of('')}"`);
    const upload = files.open('chunked', { 'Transfer-Encoding': 'chunked' });
    await upload.write(large);
    assertStatus(await upload.end(), 201);
    assert.ok((await files.send('GET', '/files/chunked')).bytes.equals(large));
  });

  it('are read in ranges', async () => {
    assertStatus(await files.put('ranges', large), 201);
    const get = (headers: Record<string, string>) => files.send('GET', '/files/ranges', { headers });
    const part = assertStatus(await get({ Range: 'bytes=100-199' }), 206);
    assert.ok(part.bytes.equals(large.subarray(100, 200)));
    assert.equal(part.headers['content-range'], `bytes 100-199/${MANY_BYTES}`);
    assert.equal(part.headers['content-length'], '100');
    assert.ok(assertStatus(await get({ Range: 'bytes=-5' }), 206).bytes.equals(large.subarray(-5)));
    assert.ok(assertStatus(await get({ Range: `bytes=${MANY_BYTES - 1}-` }), 206).bytes.equals(large.subarray(-1)));
    const beyond = assertStatus(await get({ Range: `bytes=${MANY_BYTES}-` }), 416);
    assert.equal(beyond.headers['content-range'], `bytes */${MANY_BYTES}`);
    assert.equal(beyond.json<Problem>().code, 'RANGE_NOT_SATISFIABLE');
    const whole = [{ Range: 'bytes=0-1,5-6' }, { Range: 'lines=1-2' }, { Range: 'bytes=x' }, { Range: 'bytes=2-1,' }];
    for (const headers of whole) {
      const { status } = await get(headers);
      assert.ok(status === 200 || status === 416, `${headers.Range}: ${status}`);
    }
    const etag = `"${sha256Of(large)}"`;
    assertStatus(await get({ Range: 'bytes=0-9', 'If-Range': etag }), 206);
    assertStatus(await get({ Range: 'bytes=0-9', 'If-Range': '"other"' }), 200);
    assertStatus(await files.send('HEAD', '/files/ranges', { headers: { Range: 'bytes=0-9' } }), 200);
  });

  it('are read and changed under conditions', async () => {
    const etag = `"${sha256Of('one')}"`;
    const send = (method: string, headers: Record<string, string>, body?: string) =>
      files.send(method, '/files/conditions', { headers, ...(body !== undefined && { body }) });
    assertStatus(await send('PUT', { 'If-Match': '*' }, 'one'), 412);
    assertStatus(await send('PUT', { 'If-None-Match': '*' }, 'one'), 201);
    assertStatus(await send('PUT', { 'If-None-Match': '*' }, 'two'), 412);
    assertStatus(await send('GET', { 'If-None-Match': etag }), 304);
    assertStatus(await send('GET', { 'If-None-Match': '"other"' }), 200);
    assertStatus(await send('GET', { 'If-Match': '"other"' }), 412);
    assertStatus(await send('PUT', { 'If-Match': '"other"' }, 'two'), 412);
    assertStatus(await send('DELETE', { 'If-Match': '"other"' }), 412);
    assertStatus(await send('PUT', { 'If-Match': etag }, 'two'), 200);
    assertStatus(await send('DELETE', { 'If-Match': `"${sha256Of('two')}"` }), 204);
    assertStatus(await send('DELETE', {}), 404);
    assert.deepEqual(halves(dir), []);
  });

  it('of which one of two concurrent creations wins', async () => {
    const headers = { 'If-None-Match': '*' };
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((text) => files.put('once', text, headers)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 412, 412, 412]);
  });

  it('are listed in order, by prefix, without links', async () => {
    for (const path of ['list/b', 'list/a/1', 'list/a.txt', 'list/a/2', 'list2']) {
      assertStatus(await files.put(path, path), 201);
    }
    symlinkSync('b', join(dir, 'list', 'link'));
    mkdirSync(join(dir, 'list', 'folder'));
    const names = async (prefix?: string) => (await list(prefix)).map(({ path }) => path);
    assert.deepEqual(await names('list'), ['list/a.txt', 'list/a/1', 'list/a/2', 'list/b', 'list2']);
    assert.deepEqual(await names('list/'), ['list/a.txt', 'list/a/1', 'list/a/2', 'list/b']);
    assert.deepEqual(await names('list/a/'), ['list/a/1', 'list/a/2']);
    assert.deepEqual(await names('list/a/2'), ['list/a/2']);
    assert.deepEqual(await names('nothing/here'), []);
    assert.deepEqual(await names('.'), []);
    const all = await names();
    assert.deepEqual(all, [...all].sort());
    assert.ok(!all.some((path) => path.startsWith('.svodka')));
    const [row] = await list('list/b');
    assert.deepEqual(row, { ...row, path: 'list/b', size: 6, etag: `"${sha256Of('list/b')}"` });
    const wrong = assertStatus(await files.send('GET', '/files/?prefix=a/../b'), 400).json<Problem>();
    assert.equal(wrong.errors?.[0]?.pointer, '/query/prefix');
  });

  it('are removed with the folders that become empty', async () => {
    assertStatus(await files.put('gone/deep/er/one', '1'), 201);
    assertStatus(await files.put('gone/two', '2'), 201);
    assertStatus(await files.send('DELETE', '/files/gone/deep/er/one'), 204);
    assert.deepEqual(readdirSync(join(dir, 'gone')), ['two']);
    assertStatus(await files.send('GET', '/files/gone/deep/er/one'), 404);
    assert.equal((await files.send('DELETE', '/files/gone')).json<Problem>().code, 'FILE_NOT_FOUND');
  });

  it('put there by hand are served, and hashed again when they change', async () => {
    writeFileSync(join(dir, 'by hand.txt'), 'first');
    const etagOf = async () => (await files.send('HEAD', '/files/by%20hand.txt')).headers['etag'];
    assert.deepEqual((await list('by hand'))[0]?.etag, `"${sha256Of('first')}"`);
    assert.equal(await etagOf(), `"${sha256Of('first')}"`);
    const { atime, mtime } = { atime: new Date(), mtime: new Date(1_700_000_000_000) };
    utimesSync(join(dir, 'by hand.txt'), atime, mtime);
    assert.equal(await etagOf(), `"${sha256Of('first')}"`);
    // The same length and time.
    writeFileSync(join(dir, 'by hand.txt'), 'other');
    utimesSync(join(dir, 'by hand.txt'), atime, mtime);
    assert.equal(await etagOf(), `"${sha256Of('other')}"`);
    rmSync(join(dir, 'by hand.txt'));
    assertStatus(await files.send('HEAD', '/files/by%20hand.txt'), 404);
  });

  it('are never outside their folder', async () => {
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(outside, join(dir, 'out'));
    symlinkSync(join(outside, 'secret'), join(dir, 'leak'));
    symlinkSync('list', join(dir, 'within'));
    const refused = [
      '../secret',
      'a/../../secret',
      '%2e%2e/secret',
      '..%2fsecret',
      'a%2f..%2f..%2fsecret',
      '/etc/passwd',
      '%2fetc/passwd',
      './a',
      'a//b',
      'a/',
      'a%00b',
      'a%0ab',
      'a%7fb',
      'a%c2%85b',
      'a%ffb',
      '%',
      '.svodka/uploads/x',
      '.svodka',
      'x'.repeat(256),
      `${'x/'.repeat(600)}x`,
    ];
    for (const path of refused) {
      for (const [method, body] of [['PUT', 'x'], ['GET'], ['HEAD'], ['DELETE']] as const) {
        const answer = await files.send(method, `/files/${path}`, body === undefined ? {} : { body });
        assertStatus(answer, 400);
        if (method === 'HEAD') continue;
        assert.equal(answer.json<Problem>().errors?.[0]?.pointer, '/path', `${method} ${path}`);
      }
    }
    for (const path of ['out/secret', 'leak', 'within/b']) {
      assertStatus(await files.send('GET', `/files/${path}`), 404);
      assertStatus(await files.send('DELETE', `/files/${path}`), 404);
    }
    const through = assertStatus(await files.put('out/new', 'x'), 409);
    assert.equal(through.json<Problem>().code, 'FILE_IN_THE_WAY');
    assert.deepEqual(readdirSync(outside), ['secret']);
    // A link is replaced, and not what it points to.
    assertStatus(await files.put('leak', 'mine'), 201);
    assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
    assert.equal((await files.send('GET', '/files/leak')).bytes.toString(), 'mine');
  });

  it('have names of any other characters', async () => {
    for (const name of ['отчёт за 2026.csv', 'a:b?c*d"e<f>|g\\h', '%41', '.hidden', 'a..b', "it's", '…']) {
      const path = `names/${encodeURIComponent(name)}`;
      assertStatus(await files.put(path, name), 201);
      assert.equal((await files.send('GET', `/files/${path}`)).bytes.toString(), name);
      assert.equal(readFileSync(join(dir, 'names', name), 'utf8'), name);
    }
  });

  it('do not replace folders, nor folders files', async () => {
    assertStatus(await files.put('taken/file', 'x'), 201);
    for (const path of ['taken', 'taken/file/below']) {
      assert.equal(assertStatus(await files.put(path, 'y'), 409).json<Problem>().code, 'FILE_IN_THE_WAY');
    }
    assertStatus(await files.send('GET', '/files/taken'), 404);
    assert.equal((await files.send('GET', '/files/taken/file')).bytes.toString(), 'x');
    assert.deepEqual(halves(dir), []);
  });

  it('are refused when a digest differs, and when it is malformed', async () => {
    const put = (headers: Record<string, string>) => files.put('digests', 'text', headers);
    for (const name of ['Content-Digest', 'Repr-Digest']) {
      assert.equal(assertStatus(await put({ [name]: digestOf('other') }), 400).json<Problem>().code, 'DIGEST_MISMATCH');
      for (const wrong of ['sha-256=abc', 'sha-256=:abc:', 'x', `${digestOf('text')}, y`]) {
        const problem = assertStatus(await put({ [name]: wrong }), 400).json<Problem>();
        assert.equal(problem.errors?.[0]?.pointer, `/headers/${name}`, wrong);
      }
    }
    assertStatus(await files.send('GET', '/files/digests'), 404);
    assert.deepEqual(halves(dir), []);
    assertStatus(await put({ 'Content-Digest': `sha-512=:AAAA:, ${digestOf('text')}` }), 201);
    assertStatus(await put({ 'Repr-Digest': digestOf('text') }), 200);
    assertStatus(await put({ 'Content-Digest': 'sha-512=:AAAA:' }), 200);
  });

  it('are at most 4 GiB, and not compressed', async () => {
    const over = files.open('large', { 'Content-Length': 4 * 1024 ** 3 + 1 });
    assertStatus(await over.answer, 413);
    over.destroy();
    const part = { 'Content-Range': `bytes 0-0/${4 * 1024 ** 3 + 1}` };
    assertStatus(await files.put('large', 'x', part), 413);
    assertStatus(await files.put('large', 'x', { 'Content-Encoding': 'gzip' }), 415);
    assertStatus(await files.send('HEAD', '/files/large'), 404);
    assert.deepEqual(halves(dir), []);
  });
});
