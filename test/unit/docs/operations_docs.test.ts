import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectDir } from '../../support/folder.js';

function read(...path: string[]): string {
  return readFileSync(join(projectDir, ...path), 'utf8');
}

const docs = read('docs', 'operations.md');

/** Settings that are named in a text, sorted, each once. */
function settingsIn(text: string): string[] {
  return [...new Set(text.match(/\bSVODKA_[A-Z_]+\b/g) ?? [])].sort();
}

function section(title: string): string {
  return docs.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

describe("the operator's book", () => {
  const known = settingsIn(/const KNOWN_NAMES = \[(.*?)\];/s.exec(read('app', 'config.ts'))?.[1] ?? '');
  // Told by the service to its own child alone.
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

  it('has no setting in its tables that is none', () => {
    const inTables = [section('Settings'), section('With a Tarantool of its own')].flatMap(
      (text) => text.match(/^\| `SVODKA.*?(?= \|)/gm) ?? [],
    );
    assert.ok(inTables.length >= 15);
    assert.deepEqual(
      settingsIn(inTables.join('\n')).filter((name) => ![...known, ...ofTarantool].includes(name)),
      [],
    );
  });
});
