import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { projectDir } from '../../support/folder.js';
import { anchorsOf, markdownFiles, readMarkdown, withoutCode } from '../../support/markdown.js';

const files = markdownFiles();
/** Pages served by the running service. */
const SERVED = ['/docs', '/openapi.json', '/docs/errors'];
/** Folders whose files may be named without the folder, besides the project's own. */
const ROOTS = ['', 'app', 'app/dashboard/page', 'tarantool', 'docs'];
const SOURCE_PATH = /`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs|lua|md|ya?ml|json|svg|sql|service|conf))`/g;
/** Examples, and files created by a build or on a server. */
const MADE = /^(dist|data|backups|releases|your_wing)\//;

const exists = (...path: string[]) => existsSync(join(projectDir, ...path));

/** Links of a file without a target. */
function brokenLinks(file: string): string[] {
  const links = [...withoutCode(readMarkdown(file)).matchAll(/(?:\]\(|src(?:set)?=")([^)"\s]+)[)"]/g)].map(
    ([, link]) => link as string,
  );
  return links.filter((link) => {
    if (/^https?:/.test(link) || SERVED.includes(link)) return false;
    const [, path, fragment] = /^([^#]*)#?(.*)$/.exec(link) as unknown as [string, string, string];
    const target = path === '' ? file : join(dirname(file), path);
    if (!exists(target)) return true;
    return fragment !== '' && !anchorsOf(readMarkdown(target)).has(fragment);
  });
}

describe('the documents', () => {
  it('are found', () => {
    for (const file of ['README.md', 'CONTRIBUTING.md', 'docs/adr/README.md', 'script/README.md'])
      assert.ok(files.includes(file), file);
  });

  for (const file of files) {
    it(`${file} has no link to a file or a heading that is not there`, () => {
      assert.deepEqual(brokenLinks(file), []);
    });

    it(`${file} names no source file that is not there`, () => {
      const named = [...readMarkdown(file).matchAll(SOURCE_PATH)].map(([, path]) => path as string);
      const missing = named.filter(
        (path) => !MADE.test(path) && !ROOTS.some((root) => exists(root, path)) && !exists(dirname(file), path),
      );
      assert.deepEqual(missing, []);
    });
  }
});

describe('the decision records', () => {
  const folder = join('docs', 'adr');
  const records = readdirSync(join(projectDir, folder))
    .filter((name) => /^\d{4}-.*\.md$/.test(name))
    .sort()
    .map((name) => {
      const [title = '', blank, status = ''] = readMarkdown(join(folder, name)).split('\n');
      return { name, number: Number(name.slice(0, 4)), title, blank, status };
    });

  it('are numbered without gaps, in their names and their titles', () => {
    records.forEach(({ name, number, title }, index) => {
      assert.equal(number, index + 1, name);
      assert.match(title, new RegExp(`^# ${number}\\. \\S`), name);
    });
  });

  it('have a status each below the title; one that is superseded names its successor', () => {
    for (const { name, blank, status } of records) {
      assert.equal(blank, '', name);
      const [, successor] =
        /^Status: (?:proposed|accepted|superseded by \[ADR \d+\]\((\d{4}-[\w-]+\.md)\))$/.exec(status) ??
        assert.fail(`${name}: ${status}`);
      if (successor !== undefined) assert.ok(records.some((record) => record.name === successor && record.name > name));
    }
  });

  it('are all in the index, in order, with their titles and statuses', () => {
    const rows = readMarkdown(join(folder, 'README.md')).match(/^\| \[\d.*$/gm);
    assert.deepEqual(
      rows,
      records.map(
        ({ name, number, title, status }) =>
          `| [${number}](${name}) | ${title.replace(/^# \d+\. /, '')} | ${status.replace('Status: ', '')} |`,
      ),
    );
  });

  it('are named by numbers that there are, everywhere', () => {
    for (const file of files) {
      for (const [text, numbers] of readMarkdown(file).matchAll(/\bADRs? ((?:\d+(?:, | and )?)+)/g)) {
        for (const number of (numbers as string).match(/\d+/g) ?? [])
          assert.ok(Number(number) >= 1 && Number(number) <= records.length, `${file}: ${text}`);
      }
    }
  });
});
