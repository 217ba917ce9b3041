import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeFolder, projectDir } from '../../support/folder.js';
import { useService } from '../../support/suite.js';

const DOCUMENTED_URL = 'http://127.0.0.1:8080';

/** The blocks of a document that use the API; the others are for setup or have tests of their own. */
function examplesOf(document: string): string {
  return [...readFileSync(join(projectDir, document), 'utf8').matchAll(/^```\w*\n(.*?)^```$/gms)]
    .map(([, block]) => block as string)
    .filter((block) => /\$url\b|npm run .*(?:svodka|spa_ctl) --/.test(block))
    .join('\n');
}

/**
 * Wraps programs so that each reports its result with the line of the script that called it, which leaves the examples
 * unchanged: curl reports its status, the command line its exit code. Endless event streams end after their first line.
 */
const PRELUDE = `set -u
report() { echo "$1 $2" >> "$REPORT"; }
curl() {
  local line="\${BASH_LINENO[0]}" status="$(mktemp)"
  if [ "$1" = -N ]; then
    command curl -sS -w '%{stderr}%{http_code}' "$@" 2> "$status" | head -n 1
    report "$line" 200
  else
    command curl -sS -w '%{stderr}%{http_code}' "$@" 2> "$status"
    report "$line" "$(cat "$status")"
  fi
}
npm() {
  local line="\${BASH_LINENO[0]}"
  while [ "$2" != -- ]; do shift; done
  local program="$1"
  shift 2
  node "$PROJECT/scripts/$program.mjs" "$@" && report "$line" 200 || report "$line" "exit $?"
}
`;

const DOCUMENTS: readonly [document: string, minCommands: number][] = [
  ['README.md', 10],
  ['docs/examples.md', 80],
];

for (const [document, minCommands] of DOCUMENTS)
  describe(`the examples of ${document}`, () => {
    const service = useService({ env: { SVODKA_EXECUTORS: '1' } });
    const examples = examplesOf(document);

    it('succeed as they stand, one after the other, but for those that say with which status they are refused', async () => {
      const folder = makeFolder();
      const script = PRELUDE + examples.replace(`url=${DOCUMENTED_URL}`, `url=${service.url}`);
      assert.ok(script.includes(service.url), 'the first example says where the service is');
      writeFileSync(join(folder, 'examples.sh'), script);
      const report = join(folder, 'report');
      const child = spawn('bash', ['examples.sh'], {
        cwd: folder,
        env: {
          ...process.env,
          REPORT: report,
          PROJECT: projectDir,
          SVODKA_URL: service.url,
          SVODKA_DATA_DIR: service.dataDir,
        },
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk) => {
          output += chunk;
        });
      }
      const [code] = await once(child, 'close');
      assert.equal(code, 0, output);

      const lines = script.split('\n');
      const ended = readFileSync(report, 'utf8')
        .trim()
        .split('\n')
        .map((line) => {
          const [, place, status] = /^(\d+) (.*)$/.exec(line) as unknown as [string, string, string];
          return { place, line: lines[Number(place) - 1] as string, status };
        });
      for (const { line, status } of ended) {
        const [, refusal] = /# (4\d\d)$/.exec(line) ?? [];
        if (refusal === undefined) assert.match(status, /^2\d\d$/, `${line}\n${output}`);
        else assert.equal(status, refusal, `${line}\n${output}`);
      }
      const called = examples.match(/^ *(?:\w+=\S+ )?(?:curl|npm)\b|(?:\| |\$\()npm\b/gm)?.length ?? 0;
      assert.ok(called >= minCommands);
      // A loop runs a line several times.
      assert.equal(new Set(ended.map(({ place }) => place)).size, called, 'each was run');
    });

    it('have no letters in URLs that curl would send as they are', () => {
      for (const [, url] of examples.matchAll(/("\$url[^"]*"|\$url\S*)/g)) {
        assert.match(url as string, /^[\x21-\x7e]+$/);
      }
    });
  });
