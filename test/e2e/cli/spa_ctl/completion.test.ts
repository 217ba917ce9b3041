import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeFolder } from '../../../support/folder.js';
import { SPA_CTL } from '../../../support/spa_ctl.js';

const hasZsh = spawnSync('zsh', ['--version']).status === 0;

/** A folder with a program `spa_ctl`, as npm link makes it. */
function makeBin(): string {
  const folder = makeFolder();
  writeFileSync(join(folder, 'spa_ctl'), `#!/bin/sh\nexec '${process.execPath}' '${SPA_CTL}' "$@"\n`);
  chmodSync(join(folder, 'spa_ctl'), 0o755);
  return folder;
}

const bin = makeBin();

function runShell(shell: string, args: readonly string[], script: string): string[] {
  const { status, stdout, stderr } = spawnSync(shell, [...args, '-c', script], {
    cwd: bin,
    env: {
      ...process.env,
      PATH: `${bin}:${process.env['PATH']}`,
      XDG_CONFIG_HOME: bin,
      SVODKA_URL: 'http://127.0.0.1:1',
    },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

/** What bash would offer with the cursor at the end of the line. */
function inBash(line: string): string[] {
  const words = line.split(' ');
  return runShell(
    'bash',
    ['--norc'],
    `source <(spa_ctl completion bash)
     complete -p spa_ctl > /dev/null
     COMP_LINE=${JSON.stringify(line)} COMP_POINT=${line.length} COMP_CWORD=${words.length - 1}
     COMP_WORDS=(${words.map((word) => JSON.stringify(word)).join(' ')})
     _spa_ctl
     printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

/** The same for zsh; compadd, which works only while the line is edited, is replaced by one that prints. */
function inZsh(line: string): string[] {
  const words = line.split(' ').map((word) => JSON.stringify(word));
  return runShell(
    'zsh',
    ['-f'],
    `autoload -U compinit && compinit -u -D
     source <(spa_ctl completion zsh)
     [[ "\${_comps[spa_ctl]}" == _spa_ctl ]] || exit 1
     _files() { print FILES }
     words=(${words.join(' ')}) CURRENT=${words.length}
     compadd() { print -l -- "\${values[@]}" }
     _spa_ctl || true`,
  );
}

const shells: [name: string, offered: (line: string) => string[], skip: string | false][] = [
  ['bash', inBash, false],
  ['zsh', inZsh, !hasZsh && 'needs zsh'],
];
for (const [name, offered, skip] of shells) {
  describe(`completion in ${name}`, { skip }, () => {
    it('offers commands, options and choices', () => {
      assert.deepEqual(offered('spa_ctl s'), ['select_project', 'stop', 'status', 'set_status']);
      assert.deepEqual(offered('spa_ctl file '), ['put', 'get', 'ls', 'rm']);
      assert.deepEqual(offered('spa_ctl run --w'), ['--workflow', '--wait']);
      assert.deepEqual(offered('spa_ctl alarms --state '), ['open', 'closed']);
      assert.deepEqual(offered('spa_ctl completion z'), ['zsh']);
    });

    it('offers no names, and says nothing, when the service is away', () => {
      assert.deepEqual(offered('spa_ctl run -p '), []);
    });

    it('leaves files of this machine to the shell', () => {
      assert.deepEqual(offered('spa_ctl create -f '), name === 'zsh' ? ['FILES'] : []);
    });
  });
}
