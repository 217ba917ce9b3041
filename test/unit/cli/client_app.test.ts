import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { createCredentials } from '../../../app/cli/client_app/credentials.js';
import { type ProgramParts, runProgram } from '../../../app/cli/client_app/program.js';
import type { ClientRequest } from '../../../app/cli/client_app/request.js';
import { configFile } from '../../../app/cli/private_file.js';
import { serverEvents } from '../../../app/cli/rpc/server_events.js';
import { makeFolder } from '../../support/folder.js';

describe('where client_app keeps tokens', () => {
  it('is below XDG_CONFIG_HOME, or .config where that is none', () => {
    assert.equal(configFile('client_app.json', '/x', '/home/a'), '/x/svodka/client_app.json');
    for (const none of [undefined, '', 'relative']) {
      assert.equal(configFile('client_app.json', none, '/home/a'), '/home/a/.config/svodka/client_app.json');
    }
  });

  it('is readable by nobody else, one token for each service', () => {
    const file = join(makeFolder(), 'config', 'client_app.json');
    const credentials = createCredentials(file);
    assert.equal(credentials.tokenFor('http://a'), undefined);
    credentials.keep('http://a', '1');
    credentials.keep('http://b', '2');
    credentials.keep('http://a', '3');
    assert.deepEqual([credentials.tokenFor('http://a'), credentials.tokenFor('http://b')], ['3', '2']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(dirname(file)).mode & 0o777, 0o700);
  });

  it('becomes private also where others could read it, and a broken file is no token', () => {
    const file = join(makeFolder(), 'client_app.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'broken', { mode: 0o644 });
    const credentials = createCredentials(file);
    assert.equal(credentials.tokenFor('http://a'), undefined);
    credentials.keep('http://a', '1');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { tokens: { 'http://a': '1' } });
  });
});

describe('server-sent events', () => {
  async function read(pieces: readonly string[]) {
    const body = (async function* () {
      for (const piece of pieces) yield Buffer.from(piece);
    })();
    const events = [];
    for await (const event of serverEvents(body)) events.push(event);
    return events;
  }

  it('are read whatever pieces they come in, without comments', async () => {
    const text = ':\n\nid: 1\nevent: status\ndata: {"a":\ndata:  1}\n\ndata: plain\r\n\r\nevent: none\n\n';
    const expected = [
      { name: 'status', data: '{"a":\n 1}' },
      { name: 'message', data: 'plain' },
    ];
    assert.deepEqual(await read([text]), expected);
    assert.deepEqual(await read([...text]), expected);
  });
});

describe('client_app', () => {
  async function run(...args: string[]) {
    const sent: ClientRequest[] = [];
    const said: string[] = [];
    const parts: ProgramParts = {
      version: '1.2.3',
      request: async (each) => {
        sent.push(each);
        return 0;
      },
      askPassword: async () => 'asked',
      people: () => {
        throw new Error('not for people');
      },
      stdout: (text) => void said.push(text),
      stderr: (text) => void said.push(text),
    };
    const code = await runProgram(args, parts);
    return { code, sent, said: said.join('') };
  }

  it('takes the predecessor’s command lines', async () => {
    const { code, sent } = await run('post', 'http://host/api/v1/registration', '--u=gomer', '--p=secret123');
    assert.equal(code, 0);
    assert.deepEqual(
      sent.map(({ method, url, form }) => [method, url.href, form]),
      [['POST', 'http://host/api/v1/registration', { username: 'gomer', password: 'secret123' }]],
    );
    const listed = await run('get', 'http://localhost/api/v1/tasks/', '--t=e500ac59');
    assert.equal(listed.sent[0]?.token, 'e500ac59');
  });

  for (const [args, words] of [
    [[], /missing required argument/],
    [['fetch', 'http://host/'], /no command or method "fetch"/],
    [['get', 'host/path'], /must be an address/],
    [['get', 'http://host/', '--x'], /unknown option/],
    [['watch', 'abc'], /number of a task/],
    [['result', '1'], /required option/],
  ] as const) {
    it(`answers 2 to wrong usage: ${args.join(' ')}`, async () => {
      const { code, said } = await run(...args);
      assert.equal(code, 2);
      assert.match(said, words);
    });
  }

  it('shows its help and its version and ends well', async () => {
    assert.match((await run('--help')).said, /client_app register --u=gomer/);
    assert.deepEqual(await run('--version'), { code: 0, sent: [], said: '1.2.3\n' });
  });
});
