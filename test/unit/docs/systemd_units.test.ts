import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { settingsMarkdown } from '../../../app/settings/markdown.js';
import { SETTINGS_TABLES } from '../../../app/start/settings.js';
import { makeFolder, projectDir } from '../../support/folder.js';

const folder = join(projectDir, 'docs', 'systemd');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const UNITS = ['svodka.service', 'svodka-tarantool.service'];
/** The last value of a setting. */
const setting = (text: string, name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];

/** Copies the units, with the paths of their programs replaced by those of this machine. */
function copyUnits(): string {
  const copies = makeFolder();
  mkdirSync(join(copies, 'svodka.service.d'));
  for (const name of UNITS) {
    const text = read(name)
      .replace('ExecStart=/usr/bin/node', `ExecStart=${process.execPath}`)
      .replace(/ExecStart=\/usr\/bin\/tarantool/, 'ExecStart=/bin/true');
    writeFileSync(join(copies, name), text);
  }
  writeFileSync(join(copies, 'svodka.service.d', 'external.conf'), read('external-tarantool.conf'));
  return copies;
}

describe('the units for systemd', () => {
  it('give the service more time to stop than it takes, and tell it alone to', () => {
    const stopLimitMs = /STOP_LIMIT_MS = ([\d_]+)/.exec(
      readFileSync(join(projectDir, 'app', 'start', 'ordered_stop.ts'), 'utf8'),
    )?.[1];
    const unit = read('svodka.service');
    assert.ok(Number(setting(unit, 'TimeoutStopSec')) * 1000 > Number(stopLimitMs?.replaceAll('_', '')));
    assert.equal(setting(unit, 'KillMode'), 'mixed');
  });

  it('set variables that the service and Tarantool know', () => {
    const known = Object.values(SETTINGS_TABLES).map(settingsMarkdown).join('\n');
    const names = [...UNITS, 'external-tarantool.conf'].flatMap((name) => read(name).match(/\bSVODKA_\w+(?==)/g) ?? []);
    assert.ok(names.length >= 6);
    for (const name of names) assert.ok(known.includes(`\`${name}\``), name);
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
  it('are understood by systemd, and expose little', {
    skip: !hasSystemd && 'systemd-analyze is not installed (Debian: systemd)',
  }, () => {
    const cwd = copyUnits();
    const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { cwd, encoding: 'utf8' });
    const { status, stderr } = analyze('verify', ...UNITS.map((name) => `./${name}`));
    assert.equal(`${status} ${stderr}`, '0 ');
    for (const name of UNITS) {
      // 10 means no protection at all; systemd calls values below 2 "OK".
      const { status: isBelow, stdout } = analyze('security', '--offline=true', '--threshold=20', `./${name}`);
      assert.equal(isBelow, 0, stdout);
    }
  });
});
