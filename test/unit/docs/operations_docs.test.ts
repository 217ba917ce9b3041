import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { REPLICATION_SETTINGS, SHARD_SETTINGS, TARANTOOL_SETTINGS } from '../../../app/db/settings.js';
import { settingsMarkdown, withSettingsTables } from '../../../app/settings/markdown.js';
import { ALL_SETTINGS, SETTINGS_TABLES } from '../../../app/start/settings.js';
import { projectDir } from '../../support/folder.js';

function read(...path: string[]): string {
  return readFileSync(join(projectDir, ...path), 'utf8');
}

const docs = read('docs', 'operations.md');

/** Settings named in a text, sorted and unique. */
function settingsIn(text: string): string[] {
  return [...new Set(text.match(/\bSVODKA_[A-Z_]+\b/g) ?? [])].sort();
}

function section(title: string): string {
  return docs.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

describe("the operator's book", () => {
  const known = settingsIn(settingsMarkdown(ALL_SETTINGS));
  // Only passed by the service to its own child.
  const ofTarantool = settingsIn(read('tarantool', 'process', 'settings.lua')).filter(
    (name) => name !== 'SVODKA_SUPERVISED',
  );

  it('tells of every setting of the service and of Tarantool', () => {
    assert.ok(known.length >= 15 && ofTarantool.length >= 8);
    const told = settingsIn(docs);
    assert.deepEqual(
      [...known, ...ofTarantool].filter((name) => !told.includes(name)),
      [],
    );
  });

  it('has the tables that the program makes of its settings: `npm run docs` writes them', () => {
    assert.equal(docs.match(/^<!-- settings: \w+ -->$/gm)?.length, Object.keys(SETTINGS_TABLES).length);
    assert.equal(withSettingsTables(docs, SETTINGS_TABLES), docs);
  });

  it('tells of Tarantool what Tarantool reads: its own settings and those that the service hands to it', () => {
    const handed = Object.values(ALL_SETTINGS).filter((setting) => 'isForTarantool' in setting);
    const own = Object.values({ ...TARANTOOL_SETTINGS, ...REPLICATION_SETTINGS, ...SHARD_SETTINGS });
    assert.deepEqual([...own, ...handed].map(({ name }) => name).sort(), ofTarantool);
    const told = settingsIn(section('With a Tarantool of its own'));
    assert.deepEqual(
      handed.filter(({ name }) => !told.includes(name)),
      [],
    );
  });
});
