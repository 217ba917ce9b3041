import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeFolder } from '../../support/folder.js';
import { tcpListeners } from '../../support/processes.js';
import { type RunningService, startService } from '../../support/service.js';

/** 127.0.0.1 in the kernel's notation. */
const LOOPBACK = '0100007F';

describe('what others on the machine and in the network can see', () => {
  const password = 'correct horse battery staple';
  let service: RunningService;
  before(async () => {
    const file = join(makeFolder(), 'password');
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
    service = await startService({ env: { SVODKA_TARANTOOL_PASSWORD_FILE: file, SVODKA_LOG_LEVEL: 'trace' } });
  });
  after(async () => {
    assert.equal(await service.stop(), 0);
  });

  it('one TCP port on loopback and no other', () => {
    const port = service.port.toString(16).toUpperCase().padStart(4, '0');
    assert.deepEqual(tcpListeners(service.child.pid as number), [`${LOOPBACK}:${port}`]);
    assert.deepEqual(tcpListeners(service.tarantoolPid()), []);
  });

  it('no password in the log, however much is logged, nor on a command line', () => {
    assert.ok(service.output().length > 1_000);
    for (const pid of [service.child.pid, service.tarantoolPid()]) {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      assert.doesNotMatch(commandLine, new RegExp(password));
    }
    assert.doesNotMatch(service.output(), new RegExp(password));
  });
});
