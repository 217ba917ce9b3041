import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import type { Client } from '../../../app/db/client.js';
import { citizen } from '../../support/census/citizens.js';
import { runCommand, SVODKA, svodka } from '../../support/command_line.js';
import { INSPECT, inspectService, scriptedTarantool } from '../../support/db/inspect.js';
import { makeFolder } from '../../support/folder.js';
import { postImport, request, sendJson } from '../../support/http/http.js';
import { type RunningService, startService } from '../../support/service.js';
import { createCaseMaker } from '../../support/traffic/votes_world.js';
import { addUser, callerWith, readAdminToken } from '../../support/users.js';

describe('svodka check', () => {
  let service: RunningService;
  let db: Client;
  let good: number;
  before(async () => {
    service = await startService({ env: scriptedTarantool() });
    db = await inspectService(service);
    good = await postImport(service.url, makeCitizens(1200, 50));
    await postImport(service.url, [citizen(1)]);
  });
  after(async () => {
    await db?.close();
    assert.equal(await service?.stop(), 0);
  });

  it('says that all imports agree and ends with 0', async () => {
    const { code, stdout } = await svodka(['check'], service.url);
    assert.equal(code, 0);
    assert.match(stdout, /^2 imports, 1,201 citizens, [\d,]+ counts: all agree, in \d+\.\d\d s\n$/);
  });

  it('checks one import alone', async () => {
    const { code, stdout } = await svodka(['check', '--import', String(good)], service.url);
    assert.equal(code, 0);
    assert.match(stdout, /^1 import, 1,200 citizens, /);
  });

  it('saves versions and digests, and compares with them later', async () => {
    const file = join(makeFolder(), 'before.jsonl');
    assert.equal((await svodka(['check', '--save', file], service.url)).code, 0);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    assert.deepEqual(Object.keys(JSON.parse(lines[0] ?? '')), ['import_id', 'version', 'citizens', 'digest']);
    const same = await svodka(['check', '--against', file], service.url);
    assert.equal(same.code, 0);
    assert.match(same.stdout, /: all agree, 0 differences from .*before\.jsonl, in /);

    const added = await postImport(service.url, [citizen(1)]);
    await sendJson('PATCH', `${service.url}/imports/${good}/citizens/1`, { town: 'Керчь' });
    writeFileSync(file, `${lines.join('\n')}\n{"import_id":999,"version":1,"citizens":1,"digest":"x"}\n`);
    const other = await svodka(['check', '--against', file], service.url);
    assert.equal(other.code, 1);
    assert.match(other.stdout, new RegExp(`│ ${added} +│ import +│ missing +│ there`));
    assert.match(other.stdout, /│ 999 +│ import +│ there +│ missing/);
    for (const what of ['version', 'digest']) assert.match(other.stdout, new RegExp(`│ ${good} +│ ${what} +│`));
    assert.match(other.stdout, /, 4 differences from /);
    await request(`${service.url}/imports/${added}`, { method: 'DELETE' });

    writeFileSync(file, 'no JSON\n');
    const refused = await svodka(['check', '--against', file], service.url);
    assert.deepEqual([refused.code, refused.stdout], [2, '']);
    assert.match(refused.stderr, /^Not checked: line 1 of .*before\.jsonl was not written by svodka check --save\.\n$/);
    assert.equal((await svodka(['check', '--against', join(file, 'none')], service.url)).code, 2);
  });

  it('shows what differs as a table and ends with 1', async () => {
    const wrong = await postImport(service.url, [citizen(1, { town: 'Псков' })]);
    await db.call(INSPECT.addToCount, [wrong, 'births', 'Псков', 2 * 19900201 + 1, 2]);
    await db.call(INSPECT.addToCount, [wrong, 'presents', 12, 1, 5]);
    const { code, stdout } = await svodka(['check'], service.url);
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`│ ${wrong} +│ births +│ Псков │ 01\\.02\\.1990 │ female │ +│ +│ -2 +│`));
    assert.match(stdout, new RegExp(`│ ${wrong} +│ presents │ +│ +│ +│ 12 +│ 1 +│ -5 +│`));
    assert.match(stdout, new RegExp(`import ${wrong}: 2 wrong counts\n3 imports, .*: 2 wrong, in .*\n$`));
    const asJson = await svodka(['check', '--json', '--import', String(wrong)], service.url);
    assert.equal(asJson.code, 1);
    assert.equal(JSON.parse(asJson.stdout).wrong_counts, 2);
    await request(`${service.url}/imports/${wrong}`, { method: 'DELETE' });
  });

  it('counts the votes of specialists too, with a token that may', async () => {
    const token = readAdminToken(service.dataDir);
    const admin = callerWith(service.url, token);
    const lisa = await addUser(service.url, admin, 'lisa', ['user']);
    await admin.send('POST', '/managers/verify', { username: 'lisa' });
    const { id } = (await lisa.get<{ id: number }>('/api/v1/me')).body;
    const env = { SVODKA_URL: service.url, SVODKA_TOKEN: token };
    const check = (...args: string[]) => runCommand(SVODKA, ['check', ...args], { env });
    const good = await check();
    assert.deepEqual([good.code, good.stdout.split('\n')[0], good.stderr], [0, '1 specialist, 0 votes: all agree', '']);
    await db.call(INSPECT.addToWallet, [id, 5]);
    const wrong = await check();
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, new RegExp(`│ ${id} +│ wallet │ 5 +│ 0 +│`));
    assert.match(wrong.stdout, /1 specialist, 0 votes: 1 specialist wrong\n/);
    const [line = ''] = (await check('--json')).stdout.split('\n').filter((each) => each.includes('specialists'));
    assert.equal(JSON.parse(line).differing, 1);
    await db.call(INSPECT.addToWallet, [id, -5]);
  });

  it('counts the cases too', async () => {
    const { addCase } = await createCaseMaker(db);
    for (const number of [1, 2, 3]) await addCase(number);
    const env = { SVODKA_URL: service.url, SVODKA_TOKEN: readAdminToken(service.dataDir) };
    const check = (...args: string[]) => runCommand(SVODKA, ['check', ...args], { env });
    const good = await check();
    assert.match(good.stdout, /^3 cases, 4 counts: all agree\n/);
    await db.call(INSPECT.addToCaseCount, ['day', '2024-01-01', 5]);
    const wrong = await check();
    assert.match(wrong.stdout, /│ day +│ 2024-01-01 │ 8 +│ 3 +│/);
    assert.match(wrong.stdout, /3 cases, 4 counts: 1 wrong count\n/);
    const [line = ''] = (await check('--json')).stdout.split('\n').filter((each) => each.includes('"cases"'));
    assert.equal(JSON.parse(line).wrong_counts, 1);
    await db.call(INSPECT.addToCaseCount, ['day', '2024-01-01', -5]);
  });

  it('says that a token may not check cases and votes', async () => {
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    const { token } = await addUser(service.url, admin, 'bart', ['user']);
    for (const env of [{ SVODKA_TOKEN: token }, {}]) {
      const { code, stderr } = await runCommand(SVODKA, ['check'], { env: { SVODKA_URL: service.url, ...env } });
      assert.deepEqual([code, stderr], [0, "Cases and votes were not checked: that needs a manager's token.\n"]);
    }
  });

  it('ends with 2 when it cannot be found out', async () => {
    const unknown = await svodka(['check', '--import', '999999'], service.url);
    assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /^Not checked: No import has this id\. \(IMPORT_NOT_FOUND\)\n$/);
    const away = await svodka(['check'], 'http://127.0.0.1:9');
    assert.equal(away.code, 2);
    assert.match(away.stderr, /^http:\/\/127\.0\.0\.1:9 does not answer \(ECONNREFUSED\)\.\n$/);
    assert.equal((await svodka(['check', '--import', 'x'], service.url)).code, 2);
  });
});
