// `npm test`: sets up what is missing, then runs every test. Flags: --coverage, --nightly (more runs of the random
// tests), and the beginnings of paths below test/ to run only those (`npm test -- unit fault/kill`).

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { build, ensureChromium, ensurePackages, ensureTarantool, projectDir, runs } from './prepare.mjs';

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const coverageDir = join(projectDir, 'coverage');

function testFiles() {
  const all = readdirSync(join(projectDir, 'dist', 'test'), { recursive: true })
    // What was compiled from a test that is gone by now stays in dist/.
    .filter((file) => file.endsWith('.test.js') && existsSync(join(projectDir, 'test', file.replace(/js$/, 'ts'))))
    .sort();
  const chosen = wanted.length === 0 ? all : all.filter((file) => wanted.some((start) => file.startsWith(start)));
  return chosen.map((file) => join(projectDir, 'dist', 'test', file));
}

/** Runs the TypeScript tests; answers how many passed, failed and were skipped. */
async function runTypeScriptTests() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const isCase = (event) => event.details?.type !== 'suite';
  const stream = run({ files: testFiles(), concurrency: 2 });
  stream.on('test:pass', (event) => {
    if (!isCase(event)) return;
    if (event.skip !== undefined) counts.skipped++;
    else counts.passed++;
  });
  stream.on('test:fail', (event) => {
    // A suite fails with its tests, which are counted themselves.
    if (isCase(event) || event.details?.error?.failureType !== 'subtestsFailed') counts.failed++;
  });
  const shown = stream.compose(new spec());
  shown.pipe(process.stdout);
  await new Promise((resolve) => shown.once('end', resolve));
  return counts;
}

/** Runs the Lua tests, each file a program that speaks TAP. */
function runLuaTests(tarantool) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const folder = join(projectDir, 'tarantool', 'test');
  const files = wanted.length === 0 ? readdirSync(folder).filter((file) => file.endsWith('_test.lua')) : [];
  for (const file of files) {
    const { stdout, stderr, status } = spawnSync(tarantool, [join(folder, file)], { encoding: 'utf8' });
    const passed = stdout.match(/^ok /gm)?.length ?? 0;
    const failed = Math.max(stdout.match(/^not ok /gm)?.length ?? 0, status === 0 ? 0 : 1);
    process.stdout.write(`lua: ${file}: ${passed} passed, ${failed} failed\n`);
    if (failed > 0) process.stdout.write(`${stdout}${stderr}`);
    counts.passed += passed;
    counts.failed += failed;
  }
  return counts;
}

ensurePackages();
process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
process.env.CHROMIUM_BIN = await ensureChromium();
build();
process.env.SVODKA_TEST_NIGHTLY = flags.includes('--nightly') ? '1' : '';
if (flags.includes('--coverage')) {
  rmSync(coverageDir, { recursive: true, force: true });
  process.env.NODE_V8_COVERAGE = join(coverageDir, 'tmp');
}

const lua = runLuaTests(process.env.SVODKA_TARANTOOL_BIN);
const typeScript = await runTypeScriptTests();
if (flags.includes('--coverage')) {
  process.env.NODE_V8_COVERAGE = '';
  runs('node_modules/.bin/c8', ['report', '--temp-directory', 'coverage/tmp', '--reports-dir', 'coverage']);
}
const sum = (key) => lua[key] + typeScript[key];
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exit(sum('failed') === 0 && sum('passed') > 0 ? 0 : 1);
