import assert from 'node:assert/strict';
import { chmodSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { makeFolder, projectDir } from '../../support/folder.js';
import { postImport } from '../../support/http/http.js';
import { runToEnd } from '../../support/programs.js';
import { startService } from '../../support/service.js';

/** A symbolic link has no mode of its own. */
const isOpen = (stat: Stats) => !stat.isSymbolicLink() && (stat.mode & 0o077) !== 0;

/** Paths below a folder that other users may read, write or execute. */
function openToOthers(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    isOpen(lstatSync(join(folder, path))),
  );
}

const bin = (name: string, env: Record<string, string>, ...args: string[]) =>
  runToEnd(join(projectDir, 'tarantool', 'bin', name), args, { ...process.env, ...env });

/** The default of most systems; the modes of created files must not depend on it. */
const USUAL_UMASK = 0o022;

describe('what is stored', () => {
  process.umask(USUAL_UMASK);

  it('is for the user of the service alone, backups and what a restore replaced included', async () => {
    const folder = makeFolder();
    const [dataDir, backups] = [join(folder, 'data'), join(folder, 'backups')];
    const env = { SVODKA_TARANTOOL_DIR: dataDir, SVODKA_BACKUP_DIR: backups };
    const service = await startService({ dataDir });
    await postImport(service.url, makeCitizens(100, 10));
    const made = readdirSync(dataDir);
    for (const ending of ['.snap', '.xlog', '.sock', '.lock']) assert.ok(made.some((name) => name.endsWith(ending)));
    assert.equal((await bin('svodka-backup', env)).code, 0);
    assert.equal(await service.stop(), 0);
    assert.equal((await bin('svodka-restore', env)).code, 0);
    assert.deepEqual(openToOthers(folder), []);
    assert.doesNotMatch(service.output(), /chmod/);
  });

  it('is for the user of a Tarantool of its own alone', async () => {
    const tarantool = await startTarantool();
    assert.deepEqual(openToOthers(tarantool.dataDir), []);
    await tarantool.end();
    assert.deepEqual(openToOthers(tarantool.dataDir), []);
  });

  it('is made private where it was readable, and a folder that others may look into is warned of', async () => {
    const first = await startTarantool();
    await first.end();
    const data = readdirSync(first.dataDir).filter((name) => /\.(snap|xlog)$/.test(name));
    for (const name of data) chmodSync(join(first.dataDir, name), 0o644);
    chmodSync(first.dataDir, 0o755);
    const second = await startTarantool({ dataDir: first.dataDir });
    assert.deepEqual(openToOthers(first.dataDir), []);
    const warnings = second
      .log()
      .split('\n')
      .filter((line) => line.includes('chmod'));
    assert.equal(warnings.length, 1, second.log());
    assert.match(warnings[0] as string, /"level": "WARN".*chmod 700 /);
    assert.ok(warnings[0]?.includes(first.dataDir.replaceAll('/', '\\/')));
    await second.end();
  });
});
