import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { makeFolder } from '../../support/folder.js';
import { postImport, request, sendJson } from '../../support/http/http.js';
import { runToEnd } from '../../support/programs.js';
import { launchService, startService } from '../../support/service.js';

const tarantool = process.env['SVODKA_TARANTOOL_BIN'] || 'tarantool';

describe('the data folder', () => {
  it('is made with its parents, for nobody else to look into', async () => {
    const dataDir = join(mkdtempSync(`${makeFolder()}/`), 'a', 'b');
    const service = await startService({ dataDir });
    assert.equal(statSync(dataDir).mode & 0o777, 0o700);
    assert.equal(await service.stop(), 0);
  });

  it('keeps imports and changes over restarts, in order and after kill -9, and ids go on', async () => {
    const first = await startService();
    const citizens = makeCitizens(2100, 200);
    const importId = await postImport(first.url, citizens);
    const changed = await sendJson('PATCH', `${first.url}/imports/${importId}/citizens/7`, {
      town: 'Керчь',
      relatives: [9],
    });
    assert.equal(changed.status, 200);
    const path = `/imports/${importId}/citizens`;
    const before = await request(first.url + path);
    const birthdays = await request(`${first.url + path}/birthdays`);
    await first.kill();

    const second = await startService({ dataDir: first.dataDir });
    assert.equal((await request(second.url + path)).text, before.text);
    assert.ok((await postImport(second.url, citizens)) > importId);
    assert.equal(await second.stop(), 0);

    const third = await startService({ dataDir: first.dataDir });
    assert.equal((await request(third.url + path)).text, before.text);
    assert.deepEqual((await request(`${third.url + path}/birthdays`)).body, birthdays.body);
    assert.equal(await third.stop(), 0);
  });

  it('has a password of the database that is made once, and again when it is lost', async () => {
    const first = await startService();
    const path = join(first.dataDir, 'password');
    const kept = readFileSync(path, 'utf8');
    assert.match(kept, /^[\w-]{32}$/);
    assert.doesNotMatch(first.output(), new RegExp(kept));
    assert.equal(await first.stop(), 0);
    const second = await startService({ dataDir: first.dataDir });
    assert.equal(readFileSync(path, 'utf8'), kept);
    assert.equal(await second.stop(), 0);
    writeFileSync(path, '');
    const third = await startService({ dataDir: first.dataDir });
    assert.notEqual(readFileSync(path, 'utf8'), kept);
    assert.equal((await request(`${third.url}/health/ready`)).status, 200);
    assert.equal(await third.stop(), 0);
  });

  it('is refused with words when a newer Svodka wrote it, and left as it is', async () => {
    const service = await startService();
    assert.equal(await service.stop(), 0);
    const script = `
      box.cfg({ work_dir = '${service.dataDir}', log = '/dev/null' })
      box.space.schema_migrations:insert({ 999, 'of_the_future', 0 })
      os.exit(0)`;
    assert.deepEqual(await runToEnd(tarantool, ['-e', script], process.env), { code: 0, output: '' });

    for (const attempt of ['first', 'second']) {
      const older = launchService({ dataDir: service.dataDir });
      assert.equal(await older.exited, 1, attempt);
      assert.match(
        older.output(),
        /^Tarantool did not start: the data have schema 999, this program knows up to \d+: use a newer Svodka\.$/m,
      );
      assert.doesNotMatch(older.output(), /^ +at |listens at/m);
    }
  });
});
