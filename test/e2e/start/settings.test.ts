import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { makeFolder } from '../../support/folder.js';
import { makeScript } from '../../support/programs.js';
import { launchService, startService } from '../../support/service.js';

const NO_SUCH_PROGRAM = '/nowhere/tarantool';

type Refusal = { reason: string; env: Record<string, string>; said: RegExp[] };

const aFile = join(makeFolder(), 'file');
writeFileSync(aFile, '');

const refusals: Refusal[] = [
  {
    reason: 'all that is wrong is told at once',
    env: {
      SVODKA_PORT: '8080x',
      SVODKA_MEMTX_MEMORY: '1',
      SVODKA_BODY_LIMIT: '-1',
      SVODKA_WAL_MODE: 'sometimes',
      SVODKA_LOG_LEVEL: 'loud',
      SVODKA_TARANTOOL_URI: 'nonsense',
    },
    said: [
      /^Svodka cannot start with these settings:$/m,
      /^SVODKA_PORT must be .*"8080x"$/m,
      /^SVODKA_MEMTX_MEMORY must be .*"1"$/m,
      /^SVODKA_BODY_LIMIT must be .*"-1"$/m,
      /^SVODKA_WAL_MODE must be one of .*"sometimes"$/m,
      /^SVODKA_LOG_LEVEL must be one of .*"loud"$/m,
      /^SVODKA_TARANTOOL_URI must be /m,
      /^SVODKA_TARANTOOL_URI needs SVODKA_TARANTOOL_PASSWORD/m,
    ],
  },
  {
    reason: 'a program that is not there',
    env: { SVODKA_TARANTOOL_BIN: NO_SUCH_PROGRAM },
    said: [/^Tarantool did not start: \/nowhere\/tarantool cannot be run: ENOENT\.$/m],
  },
  {
    reason: 'a program that is no Tarantool',
    env: { SVODKA_TARANTOOL_BIN: '/bin/true' },
    said: [/^Tarantool did not start: Tarantool ended while starting \(exit code 0\)/m],
  },
  {
    reason: 'an address that this machine does not have',
    env: { SVODKA_HOST: '192.0.2.1' },
    said: [/^Svodka cannot listen on 192\.0\.2\.1:0: EADDRNOTAVAIL\.$/m],
  },
  {
    reason: 'a data folder that is a file',
    env: { SVODKA_DATA_DIR: aFile },
    said: [/^Svodka cannot start: .*\/file cannot be a folder: a file is in its place\. SVODKA_DATA_DIR/m],
  },
  {
    reason: 'a data folder below a file',
    env: { SVODKA_DATA_DIR: join(aFile, 'data') },
    said: [/^Svodka cannot start: .*\/file\/data cannot be a folder: a file is in its place\./m],
  },
  {
    // Not even root can write there, so the test works for any user.
    reason: 'a data folder that cannot be created',
    env: { SVODKA_DATA_DIR: '/sys/svodka' },
    said: [/^Svodka cannot start: \/sys\/svodka cannot be created: E[A-Z]+\./m],
  },
  {
    reason: 'a data folder that is there and cannot be written',
    env: { SVODKA_DATA_DIR: '/proc/self' },
    said: [/^Tarantool did not start: the data folder cannot be written: /m],
  },
];

describe('settings that cannot work', () => {
  for (const { reason, env, said } of refusals) {
    it(`are refused with words and without a stack: ${reason}`, async () => {
      const service = launchService({ env });
      assert.equal(await service.exited, 1);
      for (const pattern of said) assert.match(service.output(), pattern);
      assert.doesNotMatch(service.output(), /^ +at |node:internal/m);
      assert.doesNotMatch(service.output(), /listens at/);
    });
  }

  it('are refused by npm start too, before anything is started', async () => {
    const service = launchService({ program: 'scripts/start.mjs', env: { SVODKA_TARANTOOL_BIN: NO_SUCH_PROGRAM } });
    assert.equal(await service.exited, 1);
    assert.equal(service.output().trim(), `SVODKA_TARANTOOL_BIN is ${NO_SUCH_PROGRAM}, which cannot be run.`);
  });
});

describe('settings that work', () => {
  it('SVODKA_TARANTOOL_BIN as a path from where the service was started', async () => {
    const bin = makeScript('my-tarantool', ['exec tarantool "$@"']);
    const service = await startService({
      program: 'scripts/start.mjs',
      env: { SVODKA_TARANTOOL_BIN: relative(process.cwd(), bin) },
    });
    assert.equal(await service.stop(), 0);
  });

  it('a name that means nothing is told and does no harm; one that means something to a script is not told', async () => {
    const service = await startService({ env: { SVODKA_PROT: '1', SVODKA_TARANTOOL_IMAGE: 'some/image' } });
    assert.match(service.output(), /"name":"SVODKA_PROT","msg":"this setting is not known"/);
    assert.doesNotMatch(service.output(), /"name":"SVODKA_TARANTOOL_IMAGE"/);
    assert.equal(await service.stop(), 0);
  });

  it('a data folder whose path is longer than a Unix socket may have, also through a link', async () => {
    const deep = join(makeFolder(), 'д'.repeat(60), 'long'.repeat(20));
    const link = join(makeFolder(), 'link');
    mkdirSync(deep, { recursive: true });
    symlinkSync(deep, link);
    for (const dataDir of [deep, link]) {
      const service = await startService({ dataDir });
      assert.equal(await service.stop(), 0);
    }
  });
});
