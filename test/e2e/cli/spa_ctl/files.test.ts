import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeFolder } from '../../../support/folder.js';
import { createSpaCtl } from '../../../support/spa_ctl.js';
import { useService } from '../../../support/suite.js';
import { until } from '../../../support/until.js';
import { readAdminToken } from '../../../support/users.js';

const MB = 1024 * 1024;

type Way = {
  url: string;
  /** Bytes of each connection so far, in the direction that is watched. */
  passed: number[];
  /** Resolves once a connection was held or cut. */
  interrupted: Promise<void>;
  close(): void;
};

type Interruption = {
  afterBytes: number;
  direction: 'up' | 'down';
  holds?: boolean;
  /** Changes the byte at this place of each connection. */
  damageAt?: number;
};

/** A way to the service on which the first connection that has passed so many bytes is cut, or held without an end. */
async function interruptedWay(
  port: number,
  { afterBytes, direction, holds = false, damageAt = -1 }: Interruption,
): Promise<Way> {
  const passed: number[] = [];
  const sockets: Socket[] = [];
  let isInterrupted = false;
  let tellInterrupted = () => {};
  const interrupted = new Promise<void>((resolve) => {
    tellInterrupted = resolve;
  });
  const server = createServer((near: Socket) => {
    const far = connect(port, '127.0.0.1');
    sockets.push(near, far);
    const own = passed.push(0) - 1;
    const [from, to] = direction === 'up' ? [near, far] : [far, near];
    from.on('data', (chunk: Buffer) => {
      const at = damageAt - (passed[own] as number);
      if (at >= 0 && at < chunk.length) chunk.writeUInt8(chunk.readUInt8(at) ^ 1, at);
      passed[own] = (passed[own] as number) + chunk.length;
      to.write(chunk);
      if (isInterrupted || (passed[own] as number) < afterBytes) return;
      isInterrupted = true;
      from.pause();
      tellInterrupted();
      // What was passed on arrives; then the connection is gone.
      if (!holds) far.end(() => near.destroy());
    });
    from.on('end', () => to.end());
    to.pipe(from);
    near.on('error', () => far.destroy()).on('close', () => far.end());
    far.on('error', () => near.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    passed,
    interrupted,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('spa_ctl file', () => {
  const service = useService();
  const spaCtl = createSpaCtl(() => ({ SVODKA_URL: service.url, SVODKA_TOKEN: readAdminToken(service.dataDir) }));
  const folder = makeFolder();
  const place = (name: string) => join(folder, name);
  const bytes = randomBytes(3 * MB);
  const reversed = Buffer.from(bytes).reverse();
  writeFileSync(place('report.bin'), bytes);

  it('puts, lists, gets and removes', async () => {
    const put = await spaCtl.run(['file', 'put', place('report.bin'), 'reports/отчёт 2026.bin']);
    assert.deepEqual([put.code, put.stdout], [0, 'reports/отчёт 2026.bin: 3.1 MB, is stored\n'], put.stderr);
    const again = await spaCtl.run(['file', 'put', place('report.bin'), '/reports/отчёт 2026.bin']);
    assert.match(again.stdout, /is there already, unchanged\n$/);
    writeFileSync(place('empty'), '');
    assert.equal((await spaCtl.run(['file', 'put', place('empty'), 'empty'])).code, 0);
    const inFolder = await spaCtl.run(['file', 'put', place('empty'), 'folder/']);
    assert.equal(inFolder.stdout, 'folder/empty: 0 bytes, is stored\n');
    assert.equal((await spaCtl.run(['file', 'rm', 'folder/empty'])).code, 0);
    const listed = await spaCtl.run(['file', 'ls', 'reports/']);
    assert.match(listed.stdout, /│ reports\/отчёт 2026\.bin │ 3\.1 MB │ 20\d\d-/);
    assert.doesNotMatch(listed.stdout, /empty/);
    const json = await spaCtl.run(['file', 'ls', '--json']);
    assert.deepEqual(
      JSON.parse(json.stdout).map(({ path, size }: { path: string; size: number }) => [path, size]),
      [
        ['empty', 0],
        ['reports/отчёт 2026.bin', 3 * MB],
      ],
    );
    const got = await spaCtl.run(['file', 'get', 'reports/отчёт 2026.bin', folder]);
    assert.deepEqual([got.code, got.stdout], [0, `${place('отчёт 2026.bin')}: 3.1 MB\n`], got.stderr);
    assert.ok(readFileSync(place('отчёт 2026.bin')).equals(bytes));
    assert.equal((await spaCtl.run(['file', 'get', 'empty', place('empty2')])).code, 0);
    assert.equal(readFileSync(place('empty2')).length, 0);
    const removed = await spaCtl.run(['file', 'rm', 'empty']);
    assert.deepEqual([removed.code, removed.stdout], [0, 'empty is removed\n']);
    const none = await spaCtl.run(['file', 'rm', 'empty']);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^Refused: .* \(FILE_NOT_FOUND\)\n$/);
  });

  it('replaces a file, and leaves the local one as it is when there is none to get', async () => {
    writeFileSync(place('small'), 'one');
    await spaCtl.run(['file', 'put', place('small'), 'small']);
    writeFileSync(place('small'), 'two');
    assert.match((await spaCtl.run(['file', 'put', place('small'), 'small'])).stdout, /has replaced the one there\n$/);
    const { code, stderr } = await spaCtl.run(['file', 'get', 'nothing', place('small')]);
    assert.deepEqual([code, stderr], [1, 'Refused: There is no file at this path. (FILE_NOT_FOUND)\n']);
    assert.equal(readFileSync(place('small'), 'utf8'), 'two');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('goes on with an upload that broke off, in the same command', async () => {
    const way = await interruptedWay(service.port, { afterBytes: MB, direction: 'up' });
    const { code, stdout, stderr } = await spaCtl.run([
      'file',
      'put',
      place('report.bin'),
      'cut.bin',
      '--url',
      way.url,
    ]);
    way.close();
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^The connection to \S+ was lost \(\w+\) before the file was complete\. Trying again \(1 of \d+\)\.$/m,
    );
    assert.match(stdout, /is stored/);
    assert.ok((way.passed.at(-1) as number) < 2.5 * MB, `${way.passed}`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    assert.equal(JSON.parse((await spaCtl.run(['file', 'ls', 'cut.bin', '--json'])).stdout)[0].etag, `"${sha256}"`);
  });

  it('begins anew where what was left by a killed command is of other bytes', async () => {
    const held = await interruptedWay(service.port, { afterBytes: MB, direction: 'up', holds: true });
    const killed = spaCtl.start(['file', 'put', place('report.bin'), 'killed.bin', '--url', held.url]);
    await held.interrupted;
    killed.child.kill('SIGKILL');
    await killed.ended;
    held.close();
    const token = { Authorization: `Token ${readAdminToken(service.dataDir)}` };
    await until('the service has a part of the file', async () => {
      const { headers } = await fetch(`${service.url}/files/killed.bin`, { method: 'HEAD', headers: token });
      return Number(headers.get('Upload-Offset') ?? 0) > MB / 2;
    });
    const way = await interruptedWay(service.port, { afterBytes: Number.POSITIVE_INFINITY, direction: 'up' });
    writeFileSync(place('other.bin'), reversed);
    const other = await spaCtl.run(['file', 'put', place('other.bin'), 'killed.bin', '--url', way.url]);
    assert.equal(other.code, 0, other.stderr);
    const got = await spaCtl.run(['file', 'get', 'killed.bin', place('killed.bin')]);
    assert.equal(got.code, 0, got.stderr);
    assert.ok(readFileSync(place('killed.bin')).equals(reversed));
    way.close();
  });

  it('sends only what is missing of a file whose command was killed', async () => {
    const held = await interruptedWay(service.port, { afterBytes: 2 * MB, direction: 'up', holds: true });
    const killed = spaCtl.start(['file', 'put', place('report.bin'), 'again.bin', '--url', held.url]);
    await held.interrupted;
    killed.child.kill('SIGKILL');
    await killed.ended;
    held.close();
    const token = { Authorization: `Token ${readAdminToken(service.dataDir)}` };
    await until('the service has a part of the file', async () => {
      const { headers } = await fetch(`${service.url}/files/again.bin`, { method: 'HEAD', headers: token });
      return Number(headers.get('Upload-Offset') ?? 0) > MB;
    });
    const way = await interruptedWay(service.port, { afterBytes: Number.POSITIVE_INFINITY, direction: 'up' });
    const { code, stdout } = await spaCtl.run(['file', 'put', place('report.bin'), 'again.bin', '--url', way.url]);
    way.close();
    assert.deepEqual([code, stdout], [0, 'again.bin: 3.1 MB, is stored\n']);
    assert.ok(Math.max(...way.passed) < 2 * MB, `${way.passed}`);
  });

  it('goes on with a download that broke off, and checks the whole', async () => {
    await spaCtl.run(['file', 'put', place('report.bin'), 'whole.bin']);
    const way = await interruptedWay(service.port, { afterBytes: 2 * MB, direction: 'down' });
    const { code, stderr } = await spaCtl.run(['file', 'get', 'whole.bin', place('whole.bin'), '--url', way.url]);
    way.close();
    assert.equal(code, 0, stderr);
    assert.equal(way.passed.length, 2);
    assert.ok((way.passed[1] as number) < 2.5 * MB, `${way.passed}`);
    assert.ok(readFileSync(place('whole.bin')).equals(bytes));
  });

  it('refuses a download that arrives damaged, and leaves the older file as it is', async () => {
    await spaCtl.run(['file', 'put', place('report.bin'), 'damaged.bin']);
    const way = await interruptedWay(service.port, {
      afterBytes: Number.POSITIVE_INFINITY,
      direction: 'down',
      damageAt: MB,
    });
    writeFileSync(place('damaged.bin'), 'older');
    const args = ['file', 'get', 'damaged.bin', place('damaged.bin'), '--url', way.url];
    const { code, stdout, stderr } = await spaCtl.run(args);
    way.close();
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /^damaged\.bin arrived damaged: its SHA-256 is another one\. .*damaged\.bin is as it was\.\n$/,
    );
    assert.equal(readFileSync(place('damaged.bin'), 'utf8'), 'older');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('has an upload refused that arrives damaged', async () => {
    const way = await interruptedWay(service.port, {
      afterBytes: Number.POSITIVE_INFINITY,
      direction: 'up',
      damageAt: MB,
    });
    const { code, stderr } = await spaCtl.run(['file', 'put', place('report.bin'), 'up.bin', '--url', way.url]);
    way.close();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /\(DIGEST_MISMATCH\)\n$/);
    assert.deepEqual(JSON.parse((await spaCtl.run(['file', 'ls', 'up.bin', '--json'])).stdout), []);
  });

  it('leaves nothing of a download that is stopped by Ctrl-C', async () => {
    await spaCtl.run(['file', 'put', place('report.bin'), 'stopped.bin']);
    const held = await interruptedWay(service.port, { afterBytes: MB, direction: 'down', holds: true });
    const target = makeFolder();
    const running = spaCtl.start(['file', 'get', 'stopped.bin', target, '--url', held.url]);
    await held.interrupted;
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    held.close();
    assert.deepEqual([code, stderr], [130, 'Stopped.\n']);
    assert.deepEqual(readdirSync(target), []);
  });

  it('says what is in the way', async () => {
    const { code, stderr } = await spaCtl.run(['file', 'put', place('small'), '../small']);
    assert.equal(code, 1);
    assert.match(stderr, /^Refused: /);
  });
});
