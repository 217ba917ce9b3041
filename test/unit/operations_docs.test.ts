import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectDir } from '../support/folder.js';

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

/** GitHub's: lower case, blanks as dashes, nothing but letters, digits, dashes. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

describe("the operator's book", () => {
  it('has every setting of the service in its table, and no other', () => {
    const known = /const KNOWN_NAMES = \[(.*?)\];/s.exec(read('app', 'config.ts'))?.[1] ?? '';
    assert.ok(settingsIn(known).length >= 15);
    assert.deepEqual(settingsIn(section('Settings')), settingsIn(known));
  });

  it('has every setting of Tarantool in its table', () => {
    const used = settingsIn(read('tarantool', 'lib', 'settings.lua')).filter((name) => name !== 'SVODKA_SUPERVISED');
    const described = settingsIn(section('With a Tarantool of its own'));
    assert.deepEqual(
      used.filter((name) => !described.includes(name)),
      [],
    );
  });

  it('leads to headings that are there', () => {
    const anchors = [...docs.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading as string));
    const links = [...docs.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor as string);
    assert.ok(links.length > 5);
    assert.deepEqual(
      links.filter((link) => !anchors.includes(link)),
      [],
    );
  });
});
