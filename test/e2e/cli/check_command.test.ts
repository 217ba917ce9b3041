import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import type { Client } from '../../../app/db/client.js';
import { citizen } from '../../support/census/citizens.js';
import { runCommand, SVODKA, svodka } from '../../support/command_line.js';
import { INSPECT, inspectService, scriptedTarantool } from '../../support/db/inspect.js';
import { postImport, request } from '../../support/http/http.js';
import { type RunningService, startService } from '../../support/service.js';
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
    assert.deepEqual([good.code, good.stdout.split('\n')[0]], [0, '1 specialist, 0 votes: all agree']);
    await db.call(INSPECT.addToWallet, [id, 5]);
    const wrong = await check();
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, new RegExp(`│ ${id} +│ wallet │ 5 +│ 0 +│`));
    assert.match(wrong.stdout, /1 specialist, 0 votes: 1 specialist wrong\n/);
    const [line = ''] = (await check('--json')).stdout.split('\n').filter((each) => each.includes('specialists'));
    assert.equal(JSON.parse(line).differing, 1);
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
