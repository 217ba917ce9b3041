import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FunctionNotFound, findFunction } from '../../../../app/work/workflows/find_function.js';
import { makeFolder } from '../../../support/folder.js';

describe('the executable that a function names', () => {
  const folder = makeFolder();
  const elsewhere = join(makeFolder(), 'program');
  for (const path of [join(folder, 'simple'), elsewhere]) {
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
  }
  writeFileSync(join(folder, 'text'), '');
  chmodSync(join(folder, 'text'), 0o644);
  mkdirSync(join(folder, 'folder'));
  symlinkSync(elsewhere, join(folder, 'link'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  symlinkSync('itself', join(folder, 'itself'));

  it('is a file of the folder, or what a link in it leads to', () => {
    for (const name of ['simple', 'link']) assert.equal(findFunction(folder, name), join(folder, name));
  });

  it('is nothing else', () => {
    const files = ['text', 'folder', 'dangling', 'itself', 'missing', 'n'.repeat(300), 'simple/x'];
    const names = ['', '.', '..', '../simple', 'folder/x', '/bin/sh', 'a\0b'];
    for (const name of [...files, ...names]) assert.throws(() => findFunction(folder, name), FunctionNotFound, name);
  });
});
