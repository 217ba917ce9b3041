import assert from 'node:assert/strict';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { useService } from '../../../support/suite.js';
import { until } from '../../../support/until.js';
import { addUser, callerWith, readAdminToken } from '../../../support/users.js';
import { assertStatus, digestOf, type FileClient, fileClient, sha256Of } from '../../../support/work/file_client.js';

type Problem = { code: string; errors?: { pointer: string }[] };

const TOTAL = 1_000_003;
const whole = Buffer.from(Array.from({ length: TOTAL }, (_, place) => (place * 31 + (place >> 8)) & 0xff));

function range(first: number, end: number, total: number | '*' = TOTAL): Record<string, string> {
  return { 'Content-Range': `bytes ${first}-${end - 1}/${total}` };
}

describe('an upload in parts', () => {
  const service = useService();
  let files: FileClient;
  let other: FileClient;
  before(async () => {
    files = fileClient(service);
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    other = fileClient(service, (await addUser(service.url, admin, 'lenny', ['operator'])).token);
  });
  const offsetOf = async (path: string, client = files) => {
    const { headers } = await client.send('HEAD', `/files/${path}`);
    return headers['upload-offset'] === undefined ? undefined : Number(headers['upload-offset']);
  };
  const put = (path: string, first: number, end: number, headers: Record<string, string> = {}) =>
    files.put(path, whole.subarray(first, end), { ...range(first, end), ...headers });
  const read = async (path: string) => assertStatus(await files.send('GET', `/files/${path}`), 200).bytes;

  it('is visible once it is whole', async () => {
    const first = assertStatus(await put('parts', 0, 400_000), 202);
    assert.equal(first.headers['upload-offset'], '400000');
    assert.deepEqual(first.json(), { path: 'parts', offset: 400_000 });
    const head = assertStatus(await files.send('HEAD', '/files/parts'), 404);
    assert.equal(head.headers['upload-offset'], '400000');
    assert.deepEqual(await files.send('GET', '/files/?prefix=parts').then((answer) => answer.json()), []);
    assertStatus(await put('parts', 400_000, 999_999), 202);
    const last = assertStatus(await put('parts', 999_999, TOTAL, { 'Repr-Digest': digestOf(whole) }), 201);
    assert.equal(last.headers['etag'], `"${sha256Of(whole)}"`);
    assert.ok((await read('parts')).equals(whole));
    assert.equal(await offsetOf('parts'), undefined);
  });

  it('may learn its total with the last part', async () => {
    const send = (first: number, end: number, total: number | '*') =>
      files.put('star', whole.subarray(first, end), range(first, end, total));
    assertStatus(await send(0, 10, '*'), 202);
    assertStatus(await send(10, 20, '*'), 202);
    assertStatus(await send(20, 30, 30), 201);
    assert.ok((await read('star')).equals(whole.subarray(0, 30)));
  });

  it('replaces a file when it is whole, and not before', async () => {
    assertStatus(await files.put('replaced', 'old'), 201);
    assertStatus(await put('replaced', 0, 10), 202);
    const head = assertStatus(await files.send('HEAD', '/files/replaced'), 200);
    assert.deepEqual([head.headers['upload-offset'], head.headers['content-length']], ['10', '3']);
    assertStatus(await put('replaced', 10, TOTAL), 200);
    assert.ok((await read('replaced')).equals(whole));
  });

  it('is told where it has to go on', async () => {
    assert.equal(assertStatus(await put('step', 10, 20), 409).headers['upload-offset'], '0');
    assertStatus(await put('step', 0, 100), 202);
    const ahead = assertStatus(await put('step', 101, 200), 409);
    assert.deepEqual([ahead.headers['upload-offset'], ahead.json<Problem>().code], ['100', 'UPLOAD_OUT_OF_STEP']);
    // Of another file.
    assertStatus(await files.put('step', whole.subarray(100, 200), range(100, 200, TOTAL + 1)), 409);
    assertStatus(await put('step', 100, 200, { 'Repr-Digest': digestOf(whole) }), 202);
    assertStatus(await put('step', 200, 300, { 'Repr-Digest': digestOf('other') }), 409);
    // A part that came before may come again.
    assert.equal(assertStatus(await put('step', 50, 150), 202).headers['upload-offset'], '150');
    assertStatus(await put('step', 150, TOTAL), 201);
    assert.ok((await read('step')).equals(whole));
  });

  it('refuses a part whose digest or length differs, and keeps the parts before it', async () => {
    assertStatus(await put('checked', 0, 100, { 'Content-Digest': digestOf(whole.subarray(0, 100)) }), 202);
    const wrong = assertStatus(await put('checked', 100, 200, { 'Content-Digest': digestOf(whole) }), 400);
    assert.equal(wrong.json<Problem>().code, 'DIGEST_MISMATCH');
    assert.equal(await offsetOf('checked'), 100);
    const short = await files.put('checked', 'xx', range(100, 200));
    assert.equal(assertStatus(short, 400).json<Problem>().errors?.[0]?.pointer, '/headers/Content-Range');
    const chunked = files.open('checked', { 'Transfer-Encoding': 'chunked', ...range(100, 200) });
    await chunked.write(Buffer.alloc(50));
    assertStatus(await chunked.end(), 400);
    assert.equal(await offsetOf('checked'), 100);
    for (const header of ['bytes 0-9', 'bytes 9-0/100', 'bytes 0-9/9', 'lines 0-9/10', 'bytes */10', 'x']) {
      assertStatus(await files.put('checked', whole.subarray(0, 10), { 'Content-Range': header }), 400);
    }
    assert.equal(await offsetOf('checked'), 100);
  });

  it('leaves nothing behind if the whole is another one than announced', async () => {
    const headers = { 'Repr-Digest': digestOf('other') };
    assertStatus(await put('wrong', 0, 500_000, headers), 202);
    assert.equal(assertStatus(await put('wrong', 500_000, TOTAL), 400).json<Problem>().code, 'DIGEST_MISMATCH');
    assertStatus(await files.send('HEAD', '/files/wrong'), 404);
    assert.equal(await offsetOf('wrong'), undefined);
  });

  it('goes on where a connection broke off, also of a whole file', async () => {
    for (const [path, headers] of [
      ['broken/whole', { 'Content-Length': TOTAL }],
      ['broken/chunked', { 'Transfer-Encoding': 'chunked' }],
      ['broken/part', { 'Content-Length': TOTAL, ...range(0, TOTAL) }],
    ] as const) {
      const upload = files.open(path, headers);
      await upload.write(whole.subarray(0, 700_000));
      await until('some of it is there', async () => ((await offsetOf(path)) ?? 0) > 0);
      upload.destroy();
      const offset = await until('the connection is known to be lost', async () => {
        const before = await offsetOf(path);
        return before === 700_000 && before;
      });
      assertStatus(await put(path, offset, TOTAL), 201);
      assert.ok((await read(path)).equals(whole), path);
    }
  });

  it('is taken over by the client that comes back while the old connection seems alive', async () => {
    const stale = files.open('stale', { 'Content-Length': TOTAL });
    await stale.write(whole.subarray(0, 600_000));
    const offset = await until('two windows are there', async () => {
      const seen = (await offsetOf('stale')) ?? 0;
      return seen >= 512 * 1024 && seen;
    });
    const [goneOn, refused] = await Promise.all([put('stale', offset, TOTAL), stale.answer]);
    assertStatus(goneOn, 201);
    assert.equal(assertStatus(refused, 409).json<Problem>().code, 'UPLOAD_OUT_OF_STEP');
    assert.ok((await read('stale')).equals(whole));
    stale.destroy();
  });

  it('does not mix with that of another user', async () => {
    assertStatus(await put('shared', 0, 100), 202);
    assert.equal(await offsetOf('shared', other), undefined);
    assertStatus(await other.put('shared', Buffer.alloc(50), range(0, 50)), 202);
    assert.equal(await offsetOf('shared'), 100);
    assertStatus(await put('shared', 100, TOTAL), 201);
    assert.ok((await read('shared')).equals(whole));
    assert.equal(await offsetOf('shared', other), 50);
  });

  it('that becomes whole last wins', async () => {
    const slow = files.open('race', { 'Content-Length': TOTAL });
    await slow.write(whole.subarray(0, 300_000));
    assertStatus(await files.put('race', 'quick'), 201);
    assert.equal((await read('race')).toString(), 'quick');
    await slow.write(whole.subarray(300_000));
    assertStatus(await slow.end(), 200);
    assert.ok((await read('race')).equals(whole));
  });

  it('is forgotten after a day', async () => {
    assertStatus(await put('old', 0, 100), 202);
    const folder = join(service.dataDir, 'files', '.svodka', 'uploads');
    const dayAgo = new Date(Date.now() - 24 * 60 * 60 * 1_000 - 1_000);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (name.includes('/')) utimesSync(join(folder, name), dayAgo, dayAgo);
    }
    assert.equal(await offsetOf('old'), undefined);
    assertStatus(await put('old', 100, 200), 409);
  });
});
