import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { settingsFor } from '../../support/db/external.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { makeFolder } from '../../support/folder.js';
import { type Problem, request } from '../../support/http/http.js';
import { type RunningService, startService } from '../../support/service.js';
import { useService } from '../../support/suite.js';
import { until } from '../../support/until.js';
import { addUser, type Caller, callerWith, logIn, logInAs, PASSWORD, readAdminToken } from '../../support/users.js';

type Me = { id: number; username: string; roles: string[]; created_at: string };
type TokenRow = {
  id: number;
  name: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
};
type ShownToken = { id: number; name: string; token: string; expires_at: string | null };
type UserRow = { username: string; roles: string[]; enabled: boolean; created_at: string };

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

describe('a user with a token', () => {
  const service = useService();
  let gomer: Caller;
  before(async () => {
    gomer = await logInAs(service.url, 'gomer');
  });

  it('is told who it is, by Token and by Bearer', async () => {
    const { status, body } = await gomer.get<Me>('/api/v1/me');
    assert.equal(status, 200);
    assert.deepEqual([body.username, body.roles], ['gomer', ['user']]);
    assert.match(body.created_at, TIME);
    assert.deepEqual(Object.keys(body), ['id', 'username', 'roles', 'created_at']);
    for (const Authorization of [`Bearer ${gomer.token}`, `bearer ${gomer.token}`, `TOKEN  ${gomer.token}`]) {
      assert.deepEqual((await request(`${service.url}/api/v1/me/`, { headers: { Authorization } })).body, body);
    }
  });

  it('is asked for one where a path wants it, and a wrong one is refused everywhere but at health', async () => {
    for (const Authorization of ['', 'Basic eDp5', gomer.token as string]) {
      const answer = await request<Problem>(`${service.url}/api/v1/me`, { headers: { Authorization } });
      assert.deepEqual([answer.status, answer.body.code], [401, 'UNAUTHORIZED']);
      assert.equal(answer.headers.get('WWW-Authenticate'), 'Token');
    }
    const wrong = [`Token ${'0'.repeat(40)}`, 'Token', 'Token x', `Bearer ${gomer.token}0`, 'Bearer '];
    for (const Authorization of wrong) {
      const headers = { Authorization };
      for (const path of ['/api/v1/me', '/imports', '/', '/docs', '/openapi.json']) {
        const answer = await request<Problem>(`${service.url}${path}`, { headers });
        assert.deepEqual([answer.status, answer.body.code], [401, 'UNAUTHORIZED'], `${path} ${Authorization}`);
        assert.equal(answer.headers.get('WWW-Authenticate'), 'Token');
      }
      for (const path of ['/health/live', '/health/ready', '/metrics']) {
        assert.equal((await request(`${service.url}${path}`, { headers })).status, 200, path);
      }
    }
    // Credentials for a proxy in front of the service do not identify a user.
    assert.equal((await request(`${service.url}/imports`, { headers: { Authorization: 'Basic eDp5' } })).status, 200);
  });

  it('makes named tokens, sees them without their secrets, and ends them', async () => {
    const made = await gomer.send<ShownToken>('POST', '/api/v1/tokens/', { name: 'ночной', expires_in_s: 3_600 });
    assert.equal(made.status, 201);
    assert.deepEqual(Object.keys(made.body), ['id', 'name', 'token', 'expires_at']);
    assert.match(made.body.token, /^[0-9a-f]{40}$/);
    assert.ok(Math.abs(Date.parse(made.body.expires_at as string) - Date.now() - 3_600_000) < 600_000);
    const program = callerWith(service.url, made.body.token);
    assert.equal((await program.get('/api/v1/me')).status, 200);

    const rowOf = async () => {
      const { body, text } = await gomer.get<TokenRow[]>('/api/v1/tokens');
      assert.ok(!text.includes(made.body.token));
      return body.find(({ id }) => id === made.body.id);
    };
    const row = await until('its use is noted', async () => {
      const found = await rowOf();
      return found?.last_used_at ? found : false;
    });
    assert.deepEqual(Object.keys(row), ['id', 'name', 'created_at', 'last_used_at', 'expires_at']);
    assert.match(row.created_at, TIME);
    assert.match(row.last_used_at as string, TIME);
    assert.equal(row.name, 'ночной');

    const marge = await logInAs(service.url, 'marge');
    assert.equal((await marge.send('DELETE', `/api/v1/tokens/${made.body.id}`)).status, 404, "somebody else's");
    assert.equal((await gomer.send('DELETE', `/api/v1/tokens/${made.body.id}`)).status, 204);
    assert.equal((await program.get('/api/v1/me')).status, 401);
    assert.equal((await gomer.send('DELETE', `/api/v1/tokens/${made.body.id}`)).status, 404);
    for (const id of ['x', '-1', '1.5', '99999999999999999999']) {
      assert.equal((await gomer.send('DELETE', `/api/v1/tokens/${id}`)).status, 404);
    }
  });

  it('has a token end when it expires', async () => {
    const { body } = await gomer.send<ShownToken>('POST', '/api/v1/tokens/', { name: 'short', expires_in_s: 1 });
    const program = callerWith(service.url, body.token);
    await until('it has expired', async () => (await program.get('/api/v1/me')).status === 401);
  });

  it('is told what is wrong with a new token', async () => {
    for (const [value, field] of [
      [{}, 'name'],
      [{ name: '' }, 'name'],
      [{ name: 'x', expires_in_s: 0 }, 'expires_in_s'],
      [{ name: 'x', expires_in_s: 1e300 }, 'expires_in_s'],
      [{ name: 'x', expires_in_s: '5' }, 'expires_in_s'],
      [{ name: 'x', expires: 5 }, 'expires'],
    ] as const) {
      const { status, body } = await gomer.send<Record<string, unknown>>('POST', '/api/v1/tokens/', value);
      assert.equal(status, 400);
      assert.ok(Array.isArray(body[field]), JSON.stringify(body));
    }
    const form = await request(`${service.url}/api/v1/tokens/`, {
      method: 'POST',
      headers: { Authorization: `Token ${gomer.token}`, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'name=form&expires_in_s=60',
    });
    assert.equal(form.status, 201, form.text);
  });

  it('keeps the newest 20 tokens of log-in', async () => {
    const first = await logInAs(service.url, 'bart');
    const others: Caller[] = [];
    for (let count = 0; count < 19; count++) others.push(await logIn(service.url, 'bart'));
    assert.equal((await first.get('/api/v1/me')).status, 200);
    await logIn(service.url, 'bart');
    assert.equal((await first.get('/api/v1/me')).status, 401);
    assert.equal((await others[0]?.get('/api/v1/me'))?.status, 200);
  });

  it('changes its password, which ends all other tokens', async () => {
    const lisa = await logInAs(service.url, 'lisa');
    const other = await logIn(service.url, 'lisa');
    const change = (old: string, next: string) => lisa.send<Problem>('POST', '/api/v1/password', { old, new: next });
    const wrong = await change('wrong', 'another secret');
    assert.deepEqual([wrong.status, wrong.body.errors?.[0]?.code], [400, 'WRONG_PASSWORD']);
    assert.equal((await change(PASSWORD, 'lisa')).status, 400);
    assert.equal((await other.get('/api/v1/me')).status, 200, 'nothing was changed');
    assert.equal((await change(PASSWORD, 'another secret')).status, 204);
    assert.equal((await other.get('/api/v1/me')).status, 401);
    assert.equal((await lisa.get('/api/v1/me')).status, 200);
    await assert.rejects(logIn(service.url, 'lisa'), /LOGIN_REFUSED/);
    await logIn(service.url, 'lisa', 'another secret');
  });

  it('sets the first password of a user that has none, once', async () => {
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    const set = (body: object) => admin.send<Problem>('POST', '/api/v1/password', body);
    const guessed = await set({ old: 'guessed', new: PASSWORD });
    assert.deepEqual([guessed.status, guessed.body.errors?.[0]?.code], [400, 'WRONG_PASSWORD']);
    assert.equal((await set({ new: 'admin' })).status, 400);
    assert.equal((await set({ new: PASSWORD })).status, 204);
    assert.equal((await admin.get('/api/v1/me')).status, 200, 'the token of the request stays');
    await logIn(service.url, 'admin');
    const again = await set({ new: 'another secret' });
    assert.deepEqual(
      [again.status, again.body.errors?.map(({ pointer, code }) => [pointer, code])],
      [400, [['/old', 'REQUIRED']]],
    );
    await logIn(service.url, 'admin');
  });

  it('logs out with the token of the request, which ends that one alone', async () => {
    const milhouse = await logInAs(service.url, 'milhouse');
    const other = await logIn(service.url, 'milhouse');
    assert.equal((await milhouse.send('DELETE', '/api/v1/tokens/current')).status, 204);
    assert.equal((await milhouse.get('/api/v1/me')).status, 401);
    assert.equal((await other.get('/api/v1/me')).status, 200);
  });

  it('logs out everywhere', async () => {
    const nelson = await logInAs(service.url, 'nelson');
    const other = await logIn(service.url, 'nelson');
    assert.equal((await nelson.send('DELETE', '/api/v1/tokens/')).status, 204);
    for (const caller of [nelson, other]) assert.equal((await caller.get('/api/v1/me')).status, 401);
  });
});

describe('administrators', () => {
  const service = useService();
  let admin: Caller;
  before(() => {
    admin = callerWith(service.url, readAdminToken(service.dataDir));
  });

  it('begin with a token in a file that its owner alone can read, which is said once', async () => {
    const file = join(service.dataDir, 'admin-token');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(service.output().split(file).length - 1, 1);
    assert.ok(!service.output().includes(readFileSync(file, 'utf8').trim()));
    const { body } = await admin.get<Me>('/api/v1/me');
    assert.deepEqual([body.username, body.roles], ['admin', ['admin']]);
  });

  it('list, add and look at users, who are 403 for others and 401 for nobody', async () => {
    const added = await admin.send<UserRow>('POST', '/api/v1/users/', {
      username: 'moe',
      password: PASSWORD,
      roles: ['user', 'operator', 'user'],
    });
    assert.equal(added.status, 201);
    assert.deepEqual([added.body.username, added.body.roles, added.body.enabled], ['moe', ['user', 'operator'], true]);
    assert.match(added.body.created_at, TIME);
    const { body } = await admin.get<UserRow[]>('/api/v1/users/');
    assert.deepEqual(
      body.map(({ username }) => username),
      ['admin', 'moe'],
    );
    assert.deepEqual((await admin.get('/api/v1/users/moe')).body, added.body);
    for (const name of ['nobody', 'a%20b', '%D1%8F', 'x'.repeat(151)]) {
      assert.equal((await admin.get(`/api/v1/users/${name}`)).status, 404, name);
    }
    const moe = await logIn(service.url, 'moe');
    for (const [method, path] of [
      ['GET', '/api/v1/users/'],
      ['POST', '/api/v1/users/'],
      ['GET', '/api/v1/users/moe'],
      ['PATCH', '/api/v1/users/moe'],
      ['DELETE', '/api/v1/users/moe'],
      ['POST', '/api/v1/users/moe/tokens/'],
    ] as const) {
      assert.equal((await moe.send(method, path)).status, 403, `${method} ${path}`);
      assert.equal((await callerWith(service.url).send(method, path)).status, 401, `${method} ${path}`);
    }
    assert.equal((await admin.send('POST', '/api/v1/users/', { username: 'x', roles: ['king'] })).status, 400);
  });

  it('disable a user: its tokens end at once and do not come back', async () => {
    const apu = await logInAs(service.url, 'apu');
    const path = '/api/v1/users/apu';
    const disabled = await admin.send<UserRow>('PATCH', path, { enabled: false });
    assert.deepEqual([disabled.status, disabled.body.enabled], [200, false]);
    assert.equal((await apu.get('/api/v1/me')).status, 401);
    await assert.rejects(logIn(service.url, 'apu'), /LOGIN_REFUSED/);
    assert.equal((await admin.send('POST', `${path}/tokens/`, { name: 'x' })).status, 404);
    assert.equal((await admin.send<UserRow>('PATCH', path, { enabled: true })).body.enabled, true);
    assert.equal((await apu.get('/api/v1/me')).status, 401);
    await logIn(service.url, 'apu');
  });

  it('change roles, which counts from the next request on', async () => {
    const ned = await addUser(service.url, admin, 'ned', ['user']);
    assert.equal((await ned.get('/api/v1/users/')).status, 403);
    await admin.send('PATCH', '/api/v1/users/ned', { roles: ['admin'] });
    assert.equal((await ned.get('/api/v1/users/')).status, 200);
    await admin.send('PATCH', '/api/v1/users/ned', { roles: [] });
    assert.equal((await ned.get('/api/v1/users/')).status, 403);
  });

  it('remove a user, whose name nobody is given again', async () => {
    const krusty = await logInAs(service.url, 'krusty');
    assert.equal((await admin.send('DELETE', '/api/v1/users/krusty')).status, 204);
    assert.equal((await krusty.get('/api/v1/me')).status, 401);
    assert.equal((await admin.get('/api/v1/users/krusty')).status, 404);
    await assert.rejects(logInAs(service.url, 'krusty'), /already exists/);
    await assert.rejects(logIn(service.url, 'krusty'), /LOGIN_REFUSED/);
  });

  it('cannot all go: the last one is neither disabled, nor removed, nor without its role', async () => {
    const path = '/api/v1/users/admin';
    for (const [method, value] of [
      ['PATCH', { enabled: false }],
      ['PATCH', { roles: ['user'] }],
      ['DELETE', undefined],
    ] as const) {
      const refused = await admin.send<Problem>(method, path, value);
      assert.deepEqual([refused.status, refused.body.code], [409, 'LAST_ADMIN']);
    }
    const burns = await addUser(service.url, admin, 'burns', ['admin']);
    assert.equal((await burns.send('DELETE', path)).status, 204);
    assert.equal((await admin.get('/api/v1/me')).status, 401);
    assert.equal((await burns.send('DELETE', '/api/v1/users/burns')).status, 409);
  });
});

describe('two processes on one Tarantool', () => {
  let tarantool: RunningTarantool;
  let services: RunningService[] = [];
  before(async () => {
    tarantool = await startTarantool();
    const env = settingsFor(tarantool);
    services = await Promise.all([startService({ env }), startService({ env })]);
  });
  after(async () => {
    for (const service of services) await service.stop();
    await tarantool.end('SIGKILL');
  });

  it('have one first administrator, and its token in one of the folders', () => {
    const withToken = services.filter(({ dataDir }) => existsSync(join(dataDir, 'admin-token')));
    const said = services.filter(({ output }) => output().includes('the first administrator'));
    assert.equal(said.length, 1);
    assert.ok(withToken.includes(said[0] as RunningService));
  });

  it('refuse a token that was ended by the other, with the very next request', async () => {
    const [one, two] = services as [RunningService, RunningService];
    for (let count = 0; count < 20; count++) {
      const here = count === 0 ? await logInAs(one.url, 'gomer') : await logIn(one.url, 'gomer');
      const there = callerWith(two.url, here.token);
      assert.equal((await there.get('/api/v1/me')).status, 200);
      assert.equal((await here.send('DELETE', '/api/v1/tokens/')).status, 204);
      assert.equal((await there.get('/api/v1/me')).status, 401);
    }
  });
});

describe('the first administrator', () => {
  it('is not added where the token cannot be written; the next start tries again, and a later one does nothing', async () => {
    const dataDir = makeFolder();
    mkdirSync(join(dataDir, 'admin-token'));
    writeFileSync(join(dataDir, 'admin-token', 'in the way'), '');
    const tarantool = await startTarantool();
    const options = { env: settingsFor(tarantool), dataDir };
    const blocked = await startService(options);
    assert.match(blocked.output(), /"level":50[^\n]*no administrator/);
    await blocked.stop();
    const other = { ...options, dataDir: makeFolder() };
    const first = await startService(other);
    assert.equal((await callerWith(first.url, readAdminToken(other.dataDir)).get('/api/v1/me')).status, 200);
    await first.stop();
    const third = await startService({ ...options, dataDir: makeFolder() });
    assert.ok(!existsSync(join(third.dataDir, 'admin-token')));
    assert.doesNotMatch(third.output(), /administrator/);
    await third.stop();
    await tarantool.end('SIGKILL');
  });
});

describe('a service that others can reach', () => {
  const WARNING = /"level":40[^\n]*whoever reaches this port/g;

  it('warns once that imports ask for no token; not where they do, and not on loopback', async () => {
    for (const [env, count] of [
      [{ SVODKA_HOST: '0.0.0.0' }, 1],
      [{ SVODKA_HOST: '0.0.0.0', SVODKA_AUTH: 'all' }, 0],
      [{}, 0],
    ] as const) {
      const service = await startService({ env });
      assert.equal([...service.output().matchAll(WARNING)].length, count);
      assert.equal(await service.stop(), 0);
    }
  });
});

describe('limits of log-in', () => {
  const attempt = (url: string, username: string, password: string) =>
    callerWith(url).send<Problem>('POST', '/api-token-auth/', { username, password });

  it('count ten wrong ones by name, thirty by address, at once too, and survive kill -9', async () => {
    const service = await startService();
    await logInAs(service.url, 'gomer');
    const guesses = await Promise.all(Array.from({ length: 14 }, () => attempt(service.url, 'gomer', 'wrong')));
    const count = (status: number) => guesses.filter((answer) => answer.status === status).length;
    assert.deepEqual([count(400), count(429)], [10, 4]);
    const right = await attempt(service.url, 'gomer', PASSWORD);
    assert.deepEqual([right.status, right.body.code], [429, 'TOO_MANY_TRIES']);
    const seconds = Number(right.headers.get('Retry-After'));
    assert.ok(seconds > 0 && seconds <= 300);
    for (let tries = 0; tries < 10; tries++) {
      assert.equal((await attempt(service.url, 'nobody', 'wrong')).status, 400);
    }
    assert.equal((await attempt(service.url, 'nobody', 'wrong')).status, 429, 'also a name that does not exist');
    await service.kill();

    const again = await startService({ dataDir: service.dataDir });
    assert.equal((await attempt(again.url, 'gomer', PASSWORD)).status, 429);
    for (let tries = 0; tries < 10; tries++) {
      assert.equal((await attempt(again.url, `x${tries}`, 'wrong')).status, 400);
    }
    assert.equal((await attempt(again.url, 'fresh', 'wrong')).status, 429, 'thirty from this address');
    assert.equal(await again.stop(), 0);
  });

  it('count registrations by address', async () => {
    const service = await startService();
    const register = (number: number) =>
      callerWith(service.url).send<Problem>('POST', '/api/v1/registration', {
        username: `user${number}`,
        password: PASSWORD,
      });
    let refused: Awaited<ReturnType<typeof register>> | undefined;
    for (let number = 0; refused === undefined && number < 150; number += 10) {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, place) => register(number + place)));
      refused = answers.find(({ status }) => status !== 201);
    }
    assert.deepEqual([refused?.status, refused?.body.code], [429, 'TOO_MANY_TRIES']);
    assert.ok(Number(refused?.headers.get('Retry-After')) > 0);
    assert.equal(await service.stop(), 0);
  });
});
