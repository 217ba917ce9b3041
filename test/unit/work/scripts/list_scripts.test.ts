import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listScripts } from '../../../../app/work/scripts/list_scripts.js';
import { makeFolder, projectDir } from '../../../support/folder.js';

const BUNDLED = { module: 'render', functions: ['scene'], isBundled: true };

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = makeFolder();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

function list(scriptDir: string, bundledDir = makeFolder()) {
  return listScripts({ scriptDir, bundledDir, searchPath: process.env['PATH'] ?? '' });
}

describe('the list of scripts', () => {
  it('has what files export in each language, and leaves out what is none', async () => {
    const folder = folderWith({
      'plain.mjs': 'export const run = () => 1; export function add() {}',
      'legacy.js': 'exports.count = () => 1;',
      'deep/in/python.py': 'import os\ndef run(): pass\nasync def later(): pass\n',
      'broken.py': 'def run(:\n',
      'broken.mjs': 'export const = 1;',
      'unknown.js': 'module.exports = make();',
      'not-a-name.mjs': 'export const run = 1;',
      'notes.txt': 'nothing',
      '.hidden/plain.mjs': 'export const run = 1;',
    });
    symlinkSync('/etc', join(folder, 'linked'));
    const { modules, isComplete } = await list(folder);
    assert.deepEqual(modules, [
      BUNDLED,
      { module: 'deep.in.python', functions: ['later', 'os', 'run'], isBundled: false },
      { module: 'legacy', functions: ['count'], isBundled: false },
      { module: 'plain', functions: ['add', 'run'], isBundled: false },
      { module: 'unknown', functions: undefined, isBundled: false },
    ]);
    assert.equal(isComplete, true);
  });

  it('has none of the parts of scripts that come with Svodka', async () => {
    const bundledDir = join(projectDir, 'script');
    assert.deepEqual((await list(bundledDir, bundledDir)).modules, [BUNDLED]);
  });

  it('ends at 200 files, and says so', async () => {
    const files = Array.from({ length: 205 }, (_, place) => [`s${place}.mjs`, 'export const run = 1;']);
    const { modules, isComplete } = await list(folderWith(Object.fromEntries(files)));
    assert.deepEqual([modules.length, isComplete], [201, false]);
  });

  it('is that of Svodka alone when there is no folder', async () => {
    assert.deepEqual((await list('/nowhere')).modules, [BUNDLED]);
  });
});
