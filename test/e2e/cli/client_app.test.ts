import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decode } from 'fast-png';
import type { Ended } from '../../support/command_line.js';
import { makeFolder, projectDir } from '../../support/folder.js';
import { useService } from '../../support/suite.js';

const PROGRAM = join(projectDir, 'scripts', 'client_app.mjs');

describe('client_app', () => {
  const service = useService({ env: { SVODKA_EXECUTORS: '1' } });
  const configHome = makeFolder();

  async function clientApp(...args: string[]): Promise<Ended> {
    const env = { ...process.env, SVODKA_URL: service.url, XDG_CONFIG_HOME: configHome };
    const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    return { code, stdout, stderr };
  }

  it('does what the predecessor’s client did, command for command', async () => {
    const account = ['--u=gomerSimpson', '--p=secret-123'];
    const registered = await clientApp('post', `${service.url}/api/v1/registration`, ...account);
    assert.deepEqual([registered.code, registered.stdout], [0, '{\n    "username": "gomerSimpson"\n}\n']);
    const again = await clientApp('post', `${service.url}/api/v1/registration`, ...account);
    assert.equal(again.code, 1);
    assert.deepEqual(JSON.parse(again.stdout).username, ['A user with that username already exists.']);
    const logged = await clientApp('post', `${service.url}/api-token-auth/`, ...account);
    assert.match(logged.stdout, /^\{\n {4}"token": "[0-9a-f]{40}"\n\}\n$/);
    const token = `--t=${JSON.parse(logged.stdout).token}`;
    const created = await clientApp('post', `${service.url}/api/v1/task_create/`, token);
    const { id, user, status } = JSON.parse(created.stdout);
    assert.deepEqual([created.code, user, status], [0, 'gomerSimpson', 'create']);
    const listed = await clientApp('get', `${service.url}/api/v1/tasks/`, token);
    assert.deepEqual(
      JSON.parse(listed.stdout).map((task: { id: number }) => task.id),
      [id],
    );
    const history = await clientApp('get', `${service.url}/api/v1/task_history/${id}`, token);
    assert.equal(JSON.parse(history.stdout).task.id, id);
    assert.equal((await clientApp('get', `${service.url}/api/v1/tasks/`, '--t=none')).code, 1);
  });

  it('registers, creates, lists, watches and saves for people, and remembers the token', async () => {
    assert.equal((await clientApp('register', '--u=marge', '--p=secret-123')).code, 0);
    assert.equal(statSync(join(configHome, 'svodka', 'client_app.json')).mode & 0o777, 0o600);
    const created = await clientApp('create', '--name', 'my picture');
    const [, id] = /^task (\d+): my picture\n$/.exec(created.stdout) ?? [];
    assert.ok(id, created.stdout + created.stderr);
    const watched = await clientApp('watch', id);
    assert.deepEqual([watched.code, watched.stdout], [0, ''], watched.stderr);
    assert.match(watched.stderr, /complete\n$/);
    assert.match((await clientApp('list')).stdout, new RegExp(`│ ${id} +│ complete │ my picture │`));
    const history = (await clientApp('history', id)).stdout;
    assert.match(history, /complete[\s\S]*rendering[\s\S]*create/);
    const file = join(configHome, 'picture.png');
    assert.match((await clientApp('result', id, '-o', file)).stdout, /picture\.png: \d+ bytes\n$/);
    assert.deepEqual(decode(readFileSync(file)).width, 640);
    assert.equal((await clientApp('result', '999999', '-o', file)).code, 1);
  });

  it('ends with 3 when nobody answers', async () => {
    const { code, stderr } = await clientApp('get', 'http://127.0.0.1:1/x');
    assert.equal(code, 3);
    assert.match(stderr, /does not answer/);
  });
});
