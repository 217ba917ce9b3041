import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createScriptFinder, ScriptNotFound } from '../../../../app/work/scripts/find_script.js';
import { makeFolder } from '../../../support/folder.js';

/** Longer than two changes may be apart and have the same time. */
const TICK_MS = 20;

const SCRIPTS = ['plain.run', 'plain.other', 'deep.in.folders.run', 'links.inside.run', 'nowhere.run'];

type Folders = { scriptDir: string; bundledDir: string };

function write(folder: string, file: string, text: string): void {
  const path = join(folder, file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

const RUN = 'export const run = () => 1;\n';

/** What may happen to the folders between two looks. */
const CHANGES: readonly (readonly [what: string, change: (folders: Folders) => void])[] = [
  ['a function is added', ({ scriptDir }) => write(scriptDir, 'plain.mjs', `${RUN}export const other = 1;\n`)],
  [
    'a file is replaced by one of the same size and time',
    ({ scriptDir }) => {
      const file = join(scriptDir, 'plain.mjs');
      const { atime, mtime } = statSync(file);
      write(scriptDir, 'plain.new', `${RUN.replace('run', 'ran')}export const other = 1;\n`);
      utimesSync(join(scriptDir, 'plain.new'), atime, mtime);
      renameSync(join(scriptDir, 'plain.new'), file);
    },
  ],
  ['a second file has the name', ({ scriptDir }) => write(scriptDir, 'plain.js', 'exports.run = () => 2;\n')],
  ['the first one goes', ({ scriptDir }) => rmSync(join(scriptDir, 'plain.mjs'))],
  ['a bundled one goes first', ({ bundledDir }) => write(bundledDir, 'plain.mjs', RUN)],
  ['the bundled one goes', ({ bundledDir }) => rmSync(join(bundledDir, 'plain.mjs'))],
  ['a deep one is there', ({ scriptDir }) => write(scriptDir, 'deep/in/folders.mjs', RUN)],
  [
    'a folder on the way is replaced',
    ({ scriptDir }) => {
      renameSync(join(scriptDir, 'deep'), join(scriptDir, 'deeper'));
      write(scriptDir, 'deep/in/folders.mjs', 'export const walk = 1;\n');
    },
  ],
  [
    'a link inside the folder leads to it',
    ({ scriptDir }) => {
      write(scriptDir, 'one/inside.mjs', RUN);
      symlinkSync('one', join(scriptDir, 'links'));
    },
  ],
  ['what the link leads to goes', ({ scriptDir }) => rmSync(join(scriptDir, 'one/inside.mjs'))],
  [
    'the whole folder is a link that leads elsewhere',
    ({ scriptDir }) => {
      const other = makeFolder();
      write(other, 'plain.mjs', 'export const other = 1;\n');
      renameSync(scriptDir, `${scriptDir}.old`);
      symlinkSync(other, scriptDir);
    },
  ],
];

describe('a finder that remembers where scripts are', () => {
  it('finds after every change what one finds that has never looked', async () => {
    const folders = { scriptDir: join(makeFolder(), 'scripts'), bundledDir: makeFolder() };
    write(folders.scriptDir, 'plain.mjs', RUN);
    const options = { ...folders, searchPath: process.env['PATH'] ?? '' };
    const kept = createScriptFinder(options, TICK_MS / 2);
    const look = async (finder: ReturnType<typeof createScriptFinder>, script: string) => {
      try {
        return await finder.find(script);
      } catch (reason) {
        assert.ok(reason instanceof ScriptNotFound, String(reason));
        return reason.message;
      }
    };
    for (const [what, change] of CHANGES) {
      await sleep(TICK_MS);
      // The second look is answered from memory.
      for (let i = 0; i < 2; i++) for (const script of SCRIPTS) await look(kept, script);
      change(folders);
      for (const script of SCRIPTS) {
        assert.deepEqual(
          await look(kept, script),
          await look(createScriptFinder(options), script),
          `${what}: ${script}`,
        );
      }
    }
  });
});
