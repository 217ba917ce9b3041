import assert from 'node:assert/strict';
import { existsSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { makeFolder, projectDir } from '../../support/folder.js';
import { postImport } from '../../support/http/http.js';
import { makeScript, runToEnd } from '../../support/programs.js';
import { startService } from '../../support/service.js';

// The test machine may have no Docker engine, and without a network none can pull the image. Therefore a small script
// that comes first in PATH replaces `docker`; the tests check the arguments that it receives.

const wrapper = join(projectDir, 'scripts', 'tarantool-in-docker');

/** The path of a program on this machine. */
function find(name: string): string {
  const folder = (process.env['PATH'] as string).split(':').find((part) => existsSync(join(part, name)));
  return join(folder as string, name);
}

/** A PATH with only the named programs of this machine, after the folder `own`. */
function pathWith(names: readonly string[], own = makeFolder()): string {
  const folder = makeFolder();
  for (const name of names) symlinkSync(find(name), join(folder, name));
  return `${own}:${folder}`;
}

const SHELL_TOOLS = ['sh', 'dirname', 'id'];

async function argumentsToDocker(env: Record<string, string>, args: readonly string[]): Promise<string[]> {
  const docker = makeScript('docker', ['printf "%s\\n" "$@"']);
  const { code, output } = await runToEnd(wrapper, args, { PATH: pathWith(SHELL_TOOLS, dirname(docker)), ...env });
  assert.equal(code, 0, output);
  return output.trimEnd().split('\n');
}

describe('scripts/tarantool-in-docker', () => {
  it('runs the database with its folder, its scripts and no network, and passes the settings by name only', async () => {
    const dataDir = join(makeFolder(), 'a folder');
    const asked = await argumentsToDocker(
      {
        SVODKA_TARANTOOL_DIR: dataDir,
        SVODKA_TARANTOOL_LISTEN: `unix/:${dataDir}/t.sock`,
        SVODKA_TARANTOOL_PASSWORD: 'the secret',
      },
      ['app.lua', 'two words'],
    );
    const line = asked.join(' ');
    assert.deepEqual(asked.slice(0, 5), ['run', '--rm', '-i', '--network', 'none']);
    assert.ok(asked.includes(`${dataDir}:${dataDir}`), line);
    assert.ok(asked.includes(`${join(projectDir, 'tarantool')}:${join(projectDir, 'tarantool')}:ro`), line);
    assert.equal(asked.filter((word) => word === '-v').length, 2, line);
    assert.deepEqual(asked.slice(-5), [
      '--entrypoint',
      'tarantool',
      'tarantool/tarantool:2.11',
      'app.lua',
      'two words',
    ]);
    assert.ok(asked.includes('SVODKA_TARANTOOL_PASSWORD'));
    assert.doesNotMatch(line, /the secret/, 'a command line is for everybody to read');
  });

  it("shows it the socket's folder too when that is another", async () => {
    const asked = await argumentsToDocker(
      { SVODKA_TARANTOOL_DIR: '/data', SVODKA_TARANTOOL_LISTEN: 'unix/:/tmp/svodka-x/t.sock' },
      ['app.lua'],
    );
    assert.ok(asked.includes('/tmp/svodka-x:/tmp/svodka-x'), asked.join(' '));
  });

  it('takes another image from SVODKA_TARANTOOL_IMAGE', async () => {
    const asked = await argumentsToDocker({ SVODKA_TARANTOOL_IMAGE: 'mine:1' }, ['--version']);
    assert.deepEqual(asked.slice(-4), ['--entrypoint', 'tarantool', 'mine:1', '--version']);
  });

  it('shows its scripts to a test that is run without a data folder', async () => {
    const asked = await argumentsToDocker({}, ['some_test.lua']);
    assert.ok(asked.includes(`${join(projectDir, 'tarantool')}:${join(projectDir, 'tarantool')}:ro`), asked.join(' '));
  });
});

describe('npm start on a machine with a Docker engine and no Tarantool', () => {
  it('runs Tarantool through it, under the image that was chosen', async () => {
    // Passes Tarantool only those settings that `docker run` would pass: the ones named with -e.
    const docker = makeScript('docker', [
      'if [ "$1" = info ]; then exit 0; fi',
      'passed=" "',
      'while [ "$1" != --entrypoint ]; do',
      '  if [ "$1" = -e ]; then passed="$passed$2 "; fi',
      '  shift',
      'done',
      'echo "docker runs $3" >&2',
      'shift 3',
      "for name in $(env | sed -n 's/^\\(SVODKA_[A-Z_]*\\)=.*/\\1/p'); do",
      '  case "$passed" in *" $name "*) ;; *) unset "$name" ;; esac',
      'done',
      `exec ${find('tarantool')} "$@"`,
    ]);
    const service = await startService({
      program: 'scripts/start.mjs',
      env: {
        PATH: pathWith(['sh', 'dirname', 'id', 'env', 'sed'], dirname(docker)),
        SVODKA_TARANTOOL_BIN: undefined,
        SVODKA_TARANTOOL_IMAGE: 'mine:1',
      },
    });
    assert.match(service.output(), /running Tarantool in a container/);
    assert.match(service.output(), /docker runs mine:1/);
    assert.equal(await postImport(service.url, makeCitizens(3, 1)), 1);
    assert.equal(await service.stop(), 0);
  });
});

describe('npm start on a machine without Tarantool, apt-get and Docker', () => {
  it('ends with 1 and says what would help', async () => {
    const { code, output } = await runToEnd(process.execPath, [join(projectDir, 'scripts', 'start.mjs')], {
      PATH: pathWith(['sh']),
      SVODKA_DATA_DIR: makeFolder(),
      SVODKA_PORT: '0',
    });
    assert.equal(code, 1);
    assert.match(output, /^Svodka needs Tarantool 2\.6 or newer, but none was found\. You can:$/m);
    for (const way of [
      'apt-get install tarantool',
      'SVODKA_TARANTOOL_BIN',
      'SVODKA_TARANTOOL_URI',
      'a Docker engine',
    ]) {
      assert.ok(output.includes(way), way);
    }
    assert.doesNotMatch(output, /^ +at /m);
  });
});
