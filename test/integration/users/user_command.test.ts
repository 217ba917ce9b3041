import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { makeFile, svodka } from '../../support/command_line.js';
import { makeFolder } from '../../support/folder.js';
import { useService } from '../../support/suite.js';
import { callerWith, logIn, PASSWORD, readAdminToken } from '../../support/users.js';

describe('svodka user', () => {
  const service = useService({ env: { SVODKA_AUTH: 'all' } });
  const environment = { SVODKA_DATA_DIR: '', SVODKA_TOKEN: '' };
  const run = (args: readonly string[], stdin = '', env: Record<string, string> = {}) => {
    Object.assign(process.env, environment, { SVODKA_DATA_DIR: service.dataDir }, env);
    return svodka(args, service.url, stdin);
  };
  const user = (args: readonly string[], stdin?: string, env?: Record<string, string>) =>
    run(['user', ...args], stdin, env);
  before(() => Object.assign(process.env, environment));

  it('adds users with roles and a password from stdin, lists them and sets their roles', async () => {
    const added = await user(
      ['add', 'moe', '--role', 'user', '--role', 'operator', '--password-stdin'],
      `${PASSWORD}\n`,
    );
    assert.deepEqual([added.code, added.stderr, added.stdout], [0, '', 'added moe: user, operator\n']);
    await logIn(service.url, 'moe');
    const without = await user(['add', 'robot']);
    assert.match(without.stdout, /^added robot: user\nIt has no password/);
    const roles = await user(['roles', 'moe', 'reader', 'supplier']);
    assert.deepEqual([roles.code, roles.stdout], [0, 'moe: reader, supplier\n']);
    const list = await user(['list']);
    assert.match(list.stdout, /moe.*reader, supplier.*yes/);
    assert.match(list.stdout, /admin/);
    assert.ok(!list.stdout.includes(PASSWORD));
  });

  it('makes a token, which is all that stdout has, and removes a user', async () => {
    await user(['add', 'lenny', '--role', 'supplier']);
    const { stdout } = await user(['token', 'lenny', '--name', 'nightly', '--expires-in', '600']);
    assert.match(stdout, /^[0-9a-f]{40}\n$/);
    const lenny = callerWith(service.url, stdout.trim());
    assert.equal((await lenny.get('/imports')).status, 200);
    const file = makeFile('one.ndjson', '');
    const imported = await run(['import', file], '', { SVODKA_DATA_DIR: makeFolder(), SVODKA_TOKEN: stdout.trim() });
    assert.match(imported.stderr, /EMPTY_BODY/, 'the token let it in');
    assert.deepEqual((await user(['remove', 'lenny'])).stdout, 'removed lenny\n');
    assert.equal((await lenny.get('/imports')).status, 401);
  });

  it('finds the token in the data folder by itself, for checks and imports too', async () => {
    const checked = await run(['check']);
    assert.deepEqual([checked.code, checked.stderr], [0, '']);
    const refused = await run(['check'], '', { SVODKA_DATA_DIR: makeFolder() });
    assert.match(refused.stderr, /UNAUTHORIZED/);
  });

  it('says what is missing or refused, with its exit code, and never shows a token', async () => {
    const nothing = await user(['list'], '', { SVODKA_DATA_DIR: makeFolder() });
    assert.deepEqual([nothing.code, nothing.stdout], [2, '']);
    assert.match(nothing.stderr, /No token of an administrator/);
    const odd = await user(['list'], '', { SVODKA_TOKEN: 'not a token' });
    assert.equal(odd.code, 2);
    assert.ok(!odd.stderr.includes('not a token'));
    const taken = await user(['add', 'admin']);
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, /already exists.*\n {2}username is taken/);
    assert.equal((await user(['roles', 'nobody', 'user'])).code, 1);
    assert.match((await user(['add', 'x', '--role', 'king'])).stderr, /roles\/0 must be one of user/);
    assert.equal((await user(['remove', 'admin'])).code, 1);
    assert.equal((await user(['token', 'admin', '--expires-in', 'soon'])).code, 2);
    Object.assign(process.env, { SVODKA_TOKEN: readAdminToken(service.dataDir) });
    assert.equal((await svodka(['user', 'list'], 'http://127.0.0.1:1')).code, 3);
  });
});
