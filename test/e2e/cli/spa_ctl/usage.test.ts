import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeFile } from '../../../support/command_line.js';
import { createSpaCtl } from '../../../support/spa_ctl.js';

const TOKEN = 'e500ac59777571c051d405dbee9a31e7a07d2c2c';
const NOBODY = 'http://127.0.0.1:1';

const COMMANDS = [
  ...['select_project', 'create', 'delete', 'update', 'dump', 'run', 'stop', 'status', 'set_status', 'logs', 'history'],
  ...['list', 'why', 'eta', 'alarms', 'config', 'completion', 'file put', 'file get', 'file ls', 'file rm'],
];

describe('spa_ctl', () => {
  const spaCtl = createSpaCtl();

  it('has help with an example for each command', async () => {
    for (const name of COMMANDS) {
      const { code, stdout } = await spaCtl.run([...name.split(' '), '--help']);
      assert.equal(code, 0, name);
      assert.match(stdout, new RegExp(`^Examples?:\\n.*spa_ctl ${name}\\b`, 'm'));
      assert.match(stdout, /^ {2}--json/m);
    }
    const { code, stdout } = await spaCtl.run(['--help']);
    assert.equal(code, 0);
    for (const word of [...COMMANDS.map((name) => name.split(' ')[0] as string), 'SVODKA_URL', 'Exit codes']) {
      assert.ok(stdout.includes(word), word);
    }
    assert.doesNotMatch(stdout, /__complete/);
    const create = await spaCtl.run(['create', '--help']);
    assert.match(create.stdout.replaceAll(/\s+/g, ' '), /The service must not have the tasks that the tree names\./);
  });

  const wrong: [reason: string, args: string[], said: RegExp][] = [
    ['no command', [], /^Usage: spa_ctl/],
    ['an unknown command', ['creat'], /unknown command 'creat'/],
    ['an unknown option', ['list', '--all'], /unknown option '--all'/],
    ['no workflow', ['run', '-p', 'pr1'], /required option '-w, --workflow <name>' not specified/],
    ['no project where none is selected', ['run', '-w', 'wf1'], /^Which project\? .* spa_ctl select_project NAME$/m],
    ['no task', ['logs', '-p', 'pr1', '-w', 'wf1'], /required option '-t, --task <name>' not specified/],
    ['a task of no workflow', ['dump', '-p', 'pr1', '-t', 't1'], /-t needs -w/],
    ['no tree', ['create'], /^Give the tree with -j JSON, -f FILE, or -f - for stdin\.$/m],
    ['two trees', ['create', '-j', '{}', '-f', 'a.json'], /cannot be used with option/],
    [
      'a tree that is no JSON',
      ['create', '-j', '{"context": }'],
      /^The text after -j is not JSON: line 1, column 13 has \}, which cannot stand there\.$/m,
    ],
    ['a tree that is no object', ['create', '-j', '[]'], /must be a JSON object like \{"context": /],
    [
      'a file that is not there',
      ['update', '-f', '/nowhere/a.json'],
      /^\/nowhere\/a\.json cannot be read: there is no such/,
    ],
    ['a folder', ['delete', '-f', '/tmp'], /^\/tmp cannot be read: it is a folder\.$/m],
    [
      'an unknown status',
      ['set_status', '-p', 'a', '-w', 'b', '-t', 'c', 'done'],
      /there is no status "done"\. Allowed/,
    ],
    ['an alarm that is no number', ['alarms', '--ack', 'x'], /must be the number of an alarm/],
    ['a note without an alarm', ['alarms', '--note', 'x'], /--note needs --ack/],
    ['a limit of none', ['history', '-p', 'a', '-w', 'b', '--limit', '0'], /must be a number from 1/],
    ['an unknown shell', ['completion', 'fish'], /Allowed choices are bash, zsh/],
    ['an address that is none', ['list', '--url', 'ftp://a'], /^--url must be an address like http:/],
    ['a token that is none', ['list', '--token', 'x'], /^A token has 40 hexadecimal digits/],
    [
      'a local file that is not there',
      ['file', 'put', '/nowhere/a', 'a'],
      /^\/nowhere\/a cannot be read: there is no such file/,
    ],
    [
      'a local folder that is not there',
      ['file', 'get', 'a', '/nowhere/a'],
      /^\/nowhere\/a cannot be written: there is no such/,
    ],
  ];
  for (const [reason, args, said] of wrong) {
    it(`ends with 2 and says why: ${reason}`, async () => {
      const { code, stdout, stderr } = await spaCtl.run(args, { env: { SVODKA_URL: NOBODY } });
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, said);
    });
  }

  it('names the line of a file where its JSON is broken', async () => {
    const file = makeFile('tree.json', '{\n  "context": {\n    "project": oops\n  }\n}\n');
    const { code, stderr } = await spaCtl.run(['create', '-f', file]);
    assert.equal(code, 2);
    assert.match(stderr, /tree\.json is not JSON: line 3, column 16 has oops, which cannot stand there\.$/m);
  });

  const away: string[][] = [
    ['list'],
    ['select_project', 'pr1'],
    ['create', '-j', '{"context": {"project": {"name": "pr1"}}}'],
    ['run', '-p', 'pr1', '-w', 'wf1', '--wait'],
    ['status', '-p', 'pr1', '-w', 'wf1', '--watch'],
    ['stop', '-w', 'wf1'],
    ['file', 'put', '/etc/hostname', 'a'],
    ['file', 'get', 'a', '/tmp/never'],
    ['file', 'ls'],
  ];
  for (const args of away) {
    it(`ends with 3 when nobody answers: ${args.slice(0, 2).join(' ')}`, async () => {
      const { code, stdout, stderr } = await spaCtl.run(args, { env: { SVODKA_URL: NOBODY } });
      assert.deepEqual([code, stdout], [3, ''], stderr);
      assert.match(
        stderr,
        /^Nobody answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)\.\nIs Svodka running\? --url or/,
      );
    });
  }
});

describe('where spa_ctl finds the service', () => {
  const spaCtl = createSpaCtl();
  const file = join(spaCtl.configHome, 'svodka', 'spa_ctl.json');
  const asked = async (args: readonly string[], env: Record<string, string> = {}) => {
    const { stderr } = await spaCtl.run([...args, 'list'], { env });
    return /Nobody answers at (\S+)/.exec(stderr)?.[1];
  };

  it('keeps an address and a token in a file that nobody else may read', async () => {
    const { code, stdout } = await spaCtl.run(['config', 'url', 'http://127.0.0.1:3']);
    assert.deepEqual([code, stdout], [0, 'url: http://127.0.0.1:3\n']);
    const token = await spaCtl.run(['config', 'token', '-'], { stdin: `${TOKEN}\n` });
    assert.deepEqual([token.code, token.stdout], [0, 'token: ...2c2c\n']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { url: 'http://127.0.0.1:3', token: TOKEN });
    const all = await spaCtl.run(['config', '--json']);
    assert.deepEqual(JSON.parse(all.stdout), { url: 'http://127.0.0.1:3', token: '...2c2c' });
    assert.equal((await spaCtl.run(['config', 'url', 'nowhere'])).code, 2);
    assert.equal((await spaCtl.run(['config', 'colour', 'red'])).code, 2);
  });

  it('takes the option, else the environment, else the file', async () => {
    assert.equal(
      await asked(['--url', 'http://127.0.0.1:1'], { SVODKA_URL: 'http://127.0.0.1:2' }),
      'http://127.0.0.1:1',
    );
    assert.equal(await asked([], { SVODKA_URL: 'http://127.0.0.1:2' }), 'http://127.0.0.1:2');
    assert.equal(await asked([]), 'http://127.0.0.1:3');
  });

  it('refuses a file that is broken, and says which one', async () => {
    writeFileSync(file, '{');
    const { code, stderr } = await spaCtl.run(['list']);
    assert.equal(code, 2);
    assert.match(stderr, /spa_ctl\.json is not a JSON object: mend it or remove it\.\n$/);
  });
});
