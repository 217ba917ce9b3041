import assert from 'node:assert/strict';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { projectDir } from '../../support/folder.js';
import { postImport, request } from '../../support/http/http.js';
import { untilGone } from '../../support/processes.js';
import { runToEnd } from '../../support/programs.js';
import { launchService, startService } from '../../support/service.js';

const repair = (dataDir: string, ...args: string[]) =>
  runToEnd(join(projectDir, 'tarantool', 'bin', 'svodka-repair'), args, {
    ...process.env,
    SVODKA_TARANTOOL_DIR: dataDir,
  });

const logsOf = (dataDir: string) =>
  readdirSync(dataDir)
    .filter((name) => name.endsWith('.xlog'))
    .sort()
    .map((name) => join(dataDir, name));

/** The data of a stopped service that had stored two imports of 100 citizens. */
async function makeData() {
  const service = await startService();
  const first = await postImport(service.url, makeCitizens(100, 10));
  const second = await postImport(service.url, makeCitizens(100, 10));
  const pid = service.tarantoolPid();
  const list = `/imports/${first}/citizens`;
  const before = await request(service.url + list);
  await service.kill();
  await untilGone(pid);
  return { dataDir: service.dataDir, first, second, list, before: before.text };
}

describe('a start on logs that a power cut damaged', () => {
  it('sets a torn last log aside, says so once, and has all that was acknowledged', async () => {
    const { dataDir, list, before } = await makeData();
    truncateSync(logsOf(dataDir).at(-1) as string, 50);
    const service = await startService({ dataDir });
    assert.equal((await request(service.url + list)).text, before);
    const lines = service
      .output()
      .split('\n')
      .filter((line) => line.includes('set aside'));
    assert.equal(lines.length, 1, service.output());
    const { level, msg } = JSON.parse(lines[0] as string);
    assert.equal(level, 50);
    assert.match(msg, /\.xlog has no complete header .* bytes 0 to 50 .*\/set-aside\/.* Nothing that was acknowledged/);
    assert.equal(readdirSync(join(dataDir, 'set-aside')).length, 1);
    assert.equal(await service.stop(), 0);
  });

  it('ends with the name of the command that repairs, when data are damaged, and changes nothing', async () => {
    const { dataDir, list, before } = await makeData();
    const path = logsOf(dataDir).at(-2) as string;
    const bytes = readFileSync(path);
    // In the transaction of the second import, after which the service stopped cleanly.
    bytes[bytes.length - 200] = (bytes[bytes.length - 200] as number) ^ 1;
    writeFileSync(path, bytes);

    const refused = launchService({ dataDir });
    assert.equal(await refused.exited, 1);
    assert.match(refused.output(), /^Tarantool did not start: .*\.xlog is damaged at byte \d+.* svodka-repair/m);
    assert.ok(refused.output().includes(`SVODKA_TARANTOOL_DIR=${dataDir}`));
    assert.doesNotMatch(refused.output(), /^ +at |listens at/m);

    const shown = await repair(dataDir);
    assert.equal(shown.code, 1);
    assert.match(
      shown.output,
      /\.xlog: is damaged at byte \d+.* are set aside\. Lost: .*\n.*\nNothing was changed\..*--yes/s,
    );
    assert.ok(bytes.equals(readFileSync(path)));

    const done = await repair(dataDir, '--yes');
    assert.equal(done.code, 0, done.output);
    assert.match(done.output, /set aside: .*\nrepaired: /);
    const service = await startService({ dataDir });
    assert.equal((await request(service.url + list)).text, before, 'what was stored before the damage');
    assert.ok((await postImport(service.url, makeCitizens(10, 2))) > 0);
    const whileItWorks = await repair(dataDir);
    assert.equal(whileItWorks.code, 1);
    assert.match(whileItWorks.output, /stop it first/);
    assert.equal(await service.stop(), 0);
    assert.deepEqual(await repair(dataDir), { code: 0, output: `nothing here needs a repair: ${dataDir}\n` });
    assert.equal((await repair(dataDir, '--no')).code, 2);
  });
});
