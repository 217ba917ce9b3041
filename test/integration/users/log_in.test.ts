import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Problem, request } from '../../support/http/http.js';
import { useService } from '../../support/suite.js';
import { callerWith } from '../../support/users.js';

const FORM = 'application/x-www-form-urlencoded';
type Refusal = Problem & { username?: string[]; password?: string[]; non_field_errors?: string[] };

describe('registration and log-in', () => {
  const service = useService();
  const post = (path: string, type: string, body: string) =>
    request<Refusal & { token: string }>(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    });
  const register = (value: unknown) => post('/api/v1/registration', 'application/json', JSON.stringify(value));
  const logIn = (value: unknown) => post('/api-token-auth/', 'application/json', JSON.stringify(value));

  it('take JSON and forms, with and without a slash at the end', async () => {
    let number = 0;
    for (const slash of ['', '/']) {
      for (const type of ['application/json', FORM]) {
        const given = { username: `gomer${number++}`, password: 'secret 123&' };
        const body = type === FORM ? new URLSearchParams(given).toString() : JSON.stringify(given);
        const registered = await post(`/api/v1/registration${slash}`, type, body);
        assert.deepEqual([registered.status, registered.body], [201, { username: given.username }]);
        const loggedIn = await post(`/api-token-auth${slash}`, type, body);
        assert.equal(loggedIn.status, 200);
        assert.deepEqual(Object.keys(loggedIn.body), ['token']);
        assert.match(loggedIn.body.token, /^[0-9a-f]{40}$/);
        assert.equal((await callerWith(service.url, loggedIn.body.token).get('/api/v1/me')).status, 200);
      }
    }
  });

  it('name each fault by field, in the words of the predecessor, and as a problem', async () => {
    const required = ['This field is required.'];
    const blank = ['This field may not be blank.'];
    const characters =
      'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.';
    const cases: [unknown, Partial<Refusal>, string[]][] = [
      [{}, { username: required, password: required }, ['REQUIRED', 'REQUIRED']],
      [{ username: '', password: '' }, { username: blank, password: blank }, ['TOO_SHORT', 'TOO_SHORT']],
      [{ username: null, password: 'secret123' }, { username: ['This field may not be null.'] }, ['WRONG_TYPE']],
      [{ username: 5, password: 'secret123' }, { username: ['Not a valid string.'] }, ['WRONG_TYPE']],
      [{ username: 'a b', password: 'secret123' }, { username: [characters] }, ['WRONG_FORM']],
      [{ username: 'гомер', password: 'secret123' }, { username: [characters] }, ['WRONG_FORM']],
      [{ username: 'a\n', password: 'secret123' }, { username: [characters] }, ['WRONG_FORM']],
      [
        { username: 'a'.repeat(151), password: 'secret123' },
        { username: ['Ensure this field has no more than 150 characters.'] },
        ['TOO_LONG'],
      ],
      [
        { username: 'bart', password: 'secret1' },
        { password: ['Ensure this field has at least 8 characters.'] },
        ['TOO_SHORT'],
      ],
      [
        { username: 'bart', password: 'я'.repeat(129) },
        { password: ['Ensure this field has no more than 128 characters.'] },
        ['TOO_LONG'],
      ],
      [
        { username: 'bart', password: `secret12\ud800` },
        { password: ['This value is not valid.'] },
        ['LONE_SURROGATE'],
      ],
      [
        { username: 'bart.simpson', password: 'bart.simpson' },
        { password: ['The password is too similar to the username.'] },
        ['SAME_AS_USERNAME'],
      ],
      [[], { non_field_errors: ['Invalid data. Expected a dictionary.'] }, ['WRONG_TYPE']],
    ];
    for (const [value, members, codes] of cases) {
      const { status, body, headers } = await register(value);
      assert.equal(status, 400, JSON.stringify(value));
      assert.match(headers.get('Content-Type') ?? '', /^application\/problem\+json/);
      assert.deepEqual([body.code, body.errors?.map(({ code }) => code)], ['INVALID_INPUT', codes]);
      const told = { username: body.username, password: body.password, non_field_errors: body.non_field_errors };
      assert.deepEqual(JSON.parse(JSON.stringify(told)), members);
    }
    assert.equal((await logIn({ username: 'bart', password: 'secret123' })).status, 400, 'nothing was stored');
  });

  it('takes the longest and the shortest of both, and ignores other fields', async () => {
    for (const given of [
      { username: 'a'.repeat(150), password: 'я'.repeat(128) },
      { username: '+', password: '😀😀😀😀😀😀😀😀', email: 'x' },
      { username: 'Az09@.+-_', password: '        ' },
    ]) {
      assert.equal((await register(given)).status, 201);
      assert.equal((await logIn(given)).status, 200);
    }
  });

  it('refuse a name that is taken, to the letter', async () => {
    assert.equal((await register({ username: 'Marge', password: 'secret123' })).status, 201);
    const again = await register({ username: 'Marge', password: 'secret456' });
    assert.deepEqual([again.status, again.body.username], [400, ['A user with that username already exists.']]);
    assert.equal((await register({ username: 'marge', password: 'secret123' })).status, 201);
    assert.equal((await logIn({ username: 'Marge', password: 'secret456' })).status, 400);
  });

  it('answer an unknown name as a wrong password', async () => {
    await register({ username: 'lisa', password: 'secret123' });
    const refusals = [];
    for (const given of [
      { username: 'lisa', password: 'wrong' },
      { username: 'nobody', password: 'wrong' },
      { username: 'имя', password: 'wrong' },
      { username: 'x'.repeat(5_000), password: 'wrong' },
      { username: 'admin', password: 'wrong' },
    ]) {
      const { requestId: _, ...same } = (await logIn(given)).body;
      refusals.push(same);
    }
    assert.equal(refusals[0]?.status, 400);
    assert.deepEqual(refusals[0]?.non_field_errors, ['Unable to log in with provided credentials.']);
    for (const refusal of refusals) assert.deepEqual(refusal, refusals[0]);
    const missing = await logIn({ username: 'lisa' });
    assert.deepEqual([missing.status, missing.body.password], [400, ['This field is required.']]);
  });
});
