import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { type Ended, makeFile, SVODKA, startSvodka, svodka } from '../../support/command_line.js';
import { projectDir } from '../../support/folder.js';
import { runToEnd } from '../../support/programs.js';
import { hasPty } from '../../support/pty.js';
import { useService } from '../../support/suite.js';

function toNdjson(citizens: readonly Citizen[]): string {
  return citizens.map((each) => JSON.stringify(each)).join('\n');
}

function toCsv(citizens: readonly Citizen[]): string {
  const names = Object.keys(citizens[0] as Citizen) as (keyof Citizen)[];
  const cell = (value: Citizen[keyof Citizen]) => (Array.isArray(value) ? value.join(';') : String(value));
  return [names.join(','), ...citizens.map((each) => names.map((name) => cell(each[name])).join(','))].join('\n');
}

describe('svodka import', () => {
  const service = useService();
  const citizens = makeCitizens(1200, 50);
  const json = JSON.stringify({ citizens });

  async function assertStored({ code, stdout, stderr }: Ended): Promise<void> {
    assert.equal(code, 0, stderr);
    const [, importId] = /^import (\d+): 1,200 citizens in \d+(?:\.\d\d)? s\n$/.exec(stdout) ?? [];
    assert.deepEqual(await listCitizens(service.url, Number(importId)), citizens, stdout);
  }

  const files: [name: string, content: string | Buffer, args: string[]][] = [
    ['people.json', json, []],
    ['people.ndjson', toNdjson(citizens), []],
    ['people.JSONL', toNdjson(citizens), []],
    ['people.csv', toCsv(citizens), []],
    ['people.ndjson.gz', gzipSync(toNdjson(citizens)), []],
    ['people.csv.br', brotliCompressSync(toCsv(citizens)), []],
    ['people', json, ['--format', 'json']],
    ['people.csv.gz', gzipSync(json), ['--format', 'json']],
  ];
  for (const [name, content, args] of files) {
    it(`stores ${[name, ...args].join(' ')} and says so in a line`, async () => {
      await assertStored(await svodka(['import', makeFile(name, content), ...args], service.url));
    });
  }

  it('stores what comes from stdin', async () => {
    await assertStored(await svodka(['import', '-', '--format=ndjson'], service.url, toNdjson(citizens)));
  });

  it('is run by npm from the folder of its user, with the result alone on stdout', async () => {
    const path = makeFile('people.json', json);
    const { status, stdout } = spawnSync(
      'npm',
      ['--silent', '--prefix', projectDir, 'run', 'svodka', '--', 'import', 'people.json'],
      { cwd: path.replace(/\/[^/]*$/, ''), env: { ...process.env, SVODKA_URL: service.url }, encoding: 'utf8' },
    );
    assert.equal(status, 0);
    assert.match(stdout, /^import \d+: 1,200 citizens in .* s\n$/);
  });

  it('only checks with --dry-run', async () => {
    const path = makeFile('people.json', json);
    const { code, stdout } = await svodka(['import', path, '--dry-run'], service.url);
    assert.equal(code, 0);
    assert.match(stdout, /^dry run: 1,200 citizens, .* kB, checked in .* s: all is well, and nothing was stored\n$/);
    const next = await svodka(['import', path, '--json'], service.url);
    const again = await svodka(['import', path, '--dry-run', '--json'], service.url);
    const last = await svodka(['import', path, '--json'], service.url);
    assert.deepEqual(JSON.parse(again.stdout), { citizens: 1200, bytes: Buffer.byteLength(json) });
    assert.equal(JSON.parse(last.stdout).import_id, JSON.parse(next.stdout).import_id + 1);
  });

  it('stores a file once under a key of its user', async () => {
    const args = ['import', makeFile('people.json', json), '--key', 'a "key" \\ of mine'];
    const { stdout } = await svodka(args, service.url);
    const [first] = /^import \d+: 1,200 citizens/.exec(stdout) as RegExpExecArray;
    assert.equal((await svodka(args, service.url)).stdout, `${first}, stored before with this key\n`);
    const other = await svodka(
      ['import', makeFile('other.json', '{"citizens":[]}'), '--key', 'a "key" \\ of mine'],
      service.url,
    );
    assert.equal(other.code, 1);
    assert.match(other.stderr, /^Refused: .*\(IDEMPOTENCY_KEY_REUSED\)$/m);
  });

  it('shows the events of the import with --watch, to its publication', async () => {
    const { stderr } = await svodka(['import', makeFile('people.json', json), '--watch'], service.url);
    assert.match(stderr, /^import \d+: 1,200 citizens, of .* kB read, published$/m);
  });

  describe('of what is refused', () => {
    const bad = citizens.map((each) => ({ ...each, town: '', relatives: [] }));
    const path = makeFile('bad.ndjson', toNdjson(bad));
    const rowsOf = (stdout: string) => stdout.split('\n').filter((line) => /^│ +\d/.test(line));

    it('shows the first twenty faults as a table, and the true number', async () => {
      const { code, stdout, stderr } = await svodka(['import', path], service.url);
      assert.equal(code, 1);
      assert.match(stdout, /^│ line │ place +│ code +│ detail +│$/m);
      assert.equal(rowsOf(stdout).length, 20);
      assert.match(rowsOf(stdout)[1] as string, /^│ 2 +│ \/citizens\/1\/town +│ TOO_SHORT │ must have at least 1 /);
      assert.match(stderr, /^Refused: 1,200 rules are broken\. Nothing was stored\.\nThe first 20 are above; --all/m);
    });

    it('shows all of them with --all', async () => {
      const { code, stdout, stderr } = await svodka(['import', path, '--all'], service.url);
      assert.equal(code, 1);
      assert.equal(rowsOf(stdout).length, 1200);
      assert.doesNotMatch(stderr, /The first/);
    });

    it('passes them on as lines of JSON with --json', async () => {
      const { code, stdout } = await svodka(['import', path, '--json'], service.url);
      assert.equal(code, 1);
      const lines = stdout.trimEnd().split('\n');
      assert.equal(lines.length, 1200);
      assert.equal(JSON.parse(lines[1199] as string).pointer, '/citizens/1199/town');
    });

    it('shows where both records of a fault are', async () => {
      const pair = [citizen(1, { relatives: [2] }), citizen(2)];
      const { stdout } = await svodka(
        ['import', makeFile('pair.json', JSON.stringify({ citizens: pair }))],
        service.url,
      );
      assert.match(stdout, /│ peer +│$/m);
      assert.match(stdout, /│ \/citizens\/1\/relatives +│$/m);
    });

    it('says what is wrong with a body that is no JSON', async () => {
      const { code, stdout, stderr } = await svodka(['import', makeFile('bad.json', '{"citizens":[')], service.url);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^Refused: The body is not JSON.* \(MALFORMED_JSON\)$/m);
    });

    it('stops sending a stream that is refused, and hears why, each time', async () => {
      const pieces = `{"citizens":[x${' '.repeat(20_000_000)}`;
      // The answer arrives during the upload. If a connection reset overtook it, one in ten runs would show it.
      for (let time = 0; time < 10; time++) {
        const { code, stderr } = await svodka(['import', '-', '--format', 'json'], service.url, pieces);
        assert.equal(code, 1, stderr);
      }
    });

    it('lets no text of the file or of its name steer the terminal', async () => {
      const harmful = '\u001b[2J\u009b31m\u202e';
      const strange = { ...citizen(1), [harmful]: 1 };
      const file = makeFile(`${harmful}.json`, JSON.stringify({ citizens: [strange] }));
      for (const args of [[], ['--json'], ['--all']]) {
        const { stdout, stderr } = await svodka(['import', file, ...args], service.url);
        assert.match(stdout, /\/citizens\/0\/\\u001b\[2J\\u009b31m\\u202e/);
        assert.match(stderr, /^sending .*\\u001b\[2J\\u009b31m\\u202e\.json/m);
        for (const character of '\u001b\u009b\u202e') assert.ok(!(stdout + stderr).includes(character));
      }
      const { stderr } = await svodka(['import', `/nowhere/${harmful}.json`], service.url);
      assert.match(stderr, /^\/nowhere\/\\u001b\[2J/);
    });
  });

  it('shows lines and no bar where there is no terminal', async () => {
    const { stderr } = await svodka(['import', makeFile('people.json', json)], service.url);
    assert.match(stderr, /^sending \S+people\.json, .* kB, to http:\S+\n$/);
  });

  it('shows a bar on a terminal and takes it away', { skip: !hasPty && 'needs script of util-linux' }, async () => {
    const command = `'${process.execPath}' '${SVODKA}' import '${makeFile('people.json', json)}'`;
    const env = { ...process.env, SVODKA_URL: service.url };
    const { output } = await runToEnd('script', ['-qec', command, '/dev/null'], env);
    assert.match(output, /\[[=-]{24}\] +\d+% /);
    assert.match(output, /waiting for the service|of \d/);
    // The line is cleared and the terminal settings are restored.
    const afterBar = output.slice(output.lastIndexOf('\u001b[?7h') + '\u001b[?7h'.length);
    assert.match(afterBar, /^(?!.*%).*import \d+: 1,200 citizens in .* s\r\n$/s);
  });

  const wrong: [reason: string, args: string[], said: RegExp][] = [
    ['no command', [], /^Usage: svodka/],
    ['an unknown command', ['imprt'], /unknown command 'imprt'/],
    ['no file', ['import'], /missing required argument 'file'/],
    ['an unknown option', ['import', 'a.json', '--dryrun'], /unknown option '--dryrun'/],
    ['an unknown format', ['import', 'a.json', '--format', 'xml'], /Allowed choices are json, ndjson, csv/],
    ['an address that is none', ['import', 'a.json', '--url', 'ftp://a'], /must be an address like http:/],
    ['a key that is none', ['import', 'a.json', '--key', 'ключ'], /must be 1 to 255 visible ASCII/],
    ['a file that is not there', ['import', '/nowhere/a.json'], /^\/nowhere\/a\.json cannot be read: there is no such/],
    ['a folder', ['import', '/tmp'], /^\/tmp is a folder, not a file/],
    ['a name that tells no format', ['import', '/dev/null'], /please add --format/],
    ['stdin without a format', ['import', '-'], /please add --format/],
  ];
  for (const [reason, args, said] of wrong) {
    it(`ends with 2 and says why: ${reason}`, async () => {
      const { code, stdout, stderr } = await svodka(args, service.url);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, said);
    });
  }

  it('has help that ends well', async () => {
    const { code, stdout } = await svodka(['import', '--help'], service.url);
    assert.equal(code, 0);
    for (const word of ['--dry-run', '--watch', 'SVODKA_URL', 'Exit codes']) assert.ok(stdout.includes(word), word);
    assert.match((await svodka(['--version'], service.url)).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('reads a named pipe', async () => {
    const path = makeFile('people.ndjson', '');
    execFileSync('mkfifo', [`${path}.ndjson`]);
    const running = startSvodka(['import', `${path}.ndjson`], service.url);
    const writer = runToEnd('sh', ['-c', `printf '%s' "$CITIZENS" > '${path}.ndjson'`], {
      ...process.env,
      CITIZENS: toNdjson([citizen(1)]),
    });
    assert.match((await running.ended).stdout, /^import \d+: 1 citizen in /);
    await writer;
  });
});
