import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeBinFolder } from '../../../../app/work/workflows/bin_folder.js';
import { makeFolder } from '../../../support/folder.js';

function bundledDir(...names: string[]): string {
  const folder = makeFolder();
  for (const name of names) writeFileSync(join(folder, name), name, { mode: 0o755 });
  return folder;
}

describe('the folder of executables', () => {
  it('is made with links to those that come with Svodka, and made again without harm', () => {
    const bundled = bundledDir('simple', 'error');
    const bin = join(makeFolder(), 'data', 'bin');
    for (let i = 0; i < 2; i++) {
      makeBinFolder(bin, bundled);
      assert.deepEqual(
        ['simple', 'error'].map((name) => readlinkSync(join(bin, name))),
        ['simple', 'error'].map((name) => join(bundled, name)),
      );
    }
  });

  it('keeps what an operator put there, and mends links that lead nowhere', () => {
    const bundled = bundledDir('simple', 'error', 'wait');
    const bin = makeFolder();
    writeFileSync(join(bin, 'simple'), 'their own');
    symlinkSync('/nowhere/at/all', join(bin, 'error'));
    mkdirSync(join(bin, 'wait'));
    makeBinFolder(bin, bundled);
    assert.equal(readFileSync(join(bin, 'simple'), 'utf8'), 'their own');
    assert.equal(readlinkSync(join(bin, 'error')), join(bundled, 'error'));
    assert.ok(lstatSync(join(bin, 'wait')).isDirectory());
  });
});
