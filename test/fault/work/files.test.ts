import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '../../support/folder.js';
import { type RunningService, startService } from '../../support/service.js';
import { mountSmallDisk, type SmallDisk } from '../../support/small_disk.js';
import { until } from '../../support/until.js';
import { assertStatus, digestOf, type FileClient, fileClient, sha256Of } from '../../support/work/file_client.js';

const MIB = 1024 * 1024;

/** Every content differs from the others in each of its bytes' places. */
function contentOf(version: number, bytes = MIB): Buffer {
  return Buffer.alloc(bytes, `version ${version}, `);
}

function halves(filesDir: string): string[] {
  const folder = join(filesDir, '.svodka', 'uploads');
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return names.filter((name) => name.includes('/'));
}

describe('a service killed in the middle of uploads', () => {
  const dataDir = makeFolder();
  let service: RunningService;
  let files: FileClient;
  const start = async () => {
    service = await startService({ dataDir });
    files = fileClient(service);
  };
  before(start);
  after(() => service.stop());
  const kill = async () => {
    await service.kill();
    await start();
  };
  const offsetOf = async (path: string) =>
    Number((await files.send('HEAD', `/files/${path}`)).headers['upload-offset']);

  it('has the earlier file, and what arrived of the new one, with which the client goes on', async () => {
    const [old, next] = [contentOf(1), contentOf(2)];
    assertStatus(await files.put('file', old), 201);
    const upload = files.open('file', { 'Content-Length': next.length });
    await upload.write(next.subarray(0, MIB - 1));
    await until('most of it is there', async () => (await offsetOf('file')) >= 3 * 256 * 1024);
    await kill();
    assert.ok((await files.send('GET', '/files/file')).bytes.equals(old));
    const offset = await offsetOf('file');
    assert.ok(offset >= 3 * 256 * 1024, String(offset));
    const headers = { 'Content-Range': `bytes ${offset}-${MIB - 1}/${MIB}`, 'Repr-Digest': digestOf(next) };
    assertStatus(await files.put('file', next.subarray(offset), headers), 200);
    assert.ok((await files.send('GET', '/files/file')).bytes.equals(next));
    assert.deepEqual(halves(join(dataDir, 'files')), []);
  });

  it('has every part that was acknowledged', async () => {
    const whole = contentOf(3);
    const half = MIB / 2;
    const send = (first: number, end: number) =>
      files.put('parts', whole.subarray(first, end), { 'Content-Range': `bytes ${first}-${end - 1}/${MIB}` });
    assertStatus(await send(0, half), 202);
    await kill();
    assert.equal(await offsetOf('parts'), half);
    assertStatus(await send(half, MIB), 201);
    await kill();
    const head = assertStatus(await files.send('HEAD', '/files/parts'), 200);
    assert.equal(head.headers['etag'], `"${sha256Of(whole)}"`);
  });

  it('has whole files only, none older than the last one acknowledged, at any moment of the kill', async () => {
    const PATHS = ['a', 'deep/er/b', 'c'];
    let version = 10;
    for (let round = 0; round < 6; round++) {
      const known = new Map<string, Map<string, number>>(PATHS.map((path) => [path, new Map()]));
      const acknowledged = new Map<string, number>();
      let isKilled = false;
      const write = async (path: string) => {
        while (!isKilled) {
          const own = version++;
          const content = contentOf(own, randomInt(1, MIB));
          known.get(path)?.set(`"${sha256Of(content)}"`, own);
          const answer = await files.put(path, content).catch(() => undefined);
          if (answer === undefined) return;
          assert.ok(answer.status === 200 || answer.status === 201, answer.bytes.toString());
          acknowledged.set(path, own);
        }
      };
      const writing = PATHS.map(write);
      await until('each was stored', () => acknowledged.size === PATHS.length);
      await sleep(randomInt(100));
      isKilled = true;
      await service.kill();
      await Promise.all(writing);
      await start();
      for (const path of PATHS) {
        const answer = assertStatus(await files.send('GET', `/files/${path}`), 200);
        assert.equal(answer.headers['etag'], `"${sha256Of(answer.bytes)}"`);
        const stored = known.get(path)?.get(answer.headers['etag'] as string);
        assert.ok(stored !== undefined && stored >= (acknowledged.get(path) as number), `${path}: ${stored}`);
      }
    }
  });
});

const probe = mountSmallDisk(1);
probe?.unmount();
const DISK_BYTES = 8 * MIB;

describe('a full disk of the files', { skip: probe === undefined && 'nothing may be mounted here' }, () => {
  let disk: SmallDisk;
  let service: RunningService;
  let files: FileClient;
  before(async () => {
    disk = mountSmallDisk(DISK_BYTES / MIB) as SmallDisk;
    service = await startService({ env: { SVODKA_FILES_DIR: disk.path } });
    files = fileClient(service);
  });
  after(async () => {
    await service.stop();
    disk.unmount();
  });
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(disk.path);
    return bavail * bsize;
  };
  const code = (answer: { json<T>(): T }) => answer.json<{ code: string }>().code;

  it('takes what fits, and nothing of what does not', async () => {
    assertStatus(await files.put('kept', contentOf(1, 2 * MIB)), 201);
    const before = freeBytes();
    const tooLarge = contentOf(2, 7 * MIB);
    assert.equal(code(assertStatus(await files.put('more', tooLarge), 507)), 'FILES_DISK_FULL');
    const chunked = files.open('kept', { 'Transfer-Encoding': 'chunked' });
    await chunked.write(tooLarge);
    assert.equal(code(assertStatus(await chunked.end(), 507)), 'FILES_DISK_FULL');
    const part = files.put('more', tooLarge, { 'Content-Range': `bytes 0-${7 * MIB - 1}/${8 * MIB}` });
    assert.equal(code(assertStatus(await part, 507)), 'FILES_DISK_FULL');
    assert.deepEqual(halves(disk.path), []);
    assert.equal(freeBytes(), before);
    assertStatus(await files.send('HEAD', '/files/more'), 404);
    assert.ok((await files.send('GET', '/files/kept')).bytes.equals(contentOf(1, 2 * MIB)));
  });

  it('takes a file in the place of incomplete uploads that nobody is writing', async () => {
    const part = { 'Content-Range': `bytes 0-${3 * MIB - 1}/${4 * MIB}` };
    assertStatus(await files.put('half', contentOf(3, 3 * MIB), part), 202);
    assert.equal(halves(disk.path).length, 1);
    // Announced, and not: both need the room of the half.
    assertStatus(await files.put('first', contentOf(4, 4 * MIB)), 201);
    assert.deepEqual(halves(disk.path), []);
    assertStatus(await files.send('DELETE', '/files/first'), 204);
    assertStatus(await files.put('half', contentOf(3, 3 * MIB), part), 202);
    const chunked = files.open('second', { 'Transfer-Encoding': 'chunked' });
    await chunked.write(contentOf(5, 4 * MIB));
    assertStatus(await chunked.end(), 201);
    assert.deepEqual(halves(disk.path), []);
    assertStatus(await files.send('DELETE', '/files/second'), 204);
  });

  it('is left by reads and deletions, and takes files again once there is room', async () => {
    disk.fill();
    assert.equal(code(assertStatus(await files.put('new/folder/x', 'x'), 507)), 'FILES_DISK_FULL');
    assert.ok((await files.send('GET', '/files/kept')).bytes.equals(contentOf(1, 2 * MIB)));
    assertStatus(await files.send('GET', '/files/'), 200);
    assertStatus(await files.send('DELETE', '/files/kept'), 204);
    disk.clear();
    assertStatus(await files.put('new/folder/x', 'x'), 201);
  });

  it('is told apart from a folder that cannot be used', async () => {
    disk.unmount();
    const other = mountSmallDisk(1) as SmallDisk;
    await service.stop();
    service = await startService({ env: { SVODKA_FILES_DIR: join(other.path, 'files') } });
    files = fileClient(service);
    assertStatus(await files.put('x', 'x'), 201);
    other.unmount();
    await until('the folder is gone', () => !existsSync(join(other.path, 'files')));
    assert.equal(code(assertStatus(await files.put('x', 'x'), 503)), 'FILES_UNAVAILABLE');
    assert.equal(code(assertStatus(await files.send('GET', '/files/x'), 503)), 'FILES_UNAVAILABLE');
  });
});
