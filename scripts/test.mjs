// `npm test`: installs what is missing, then runs every test. Flags: --coverage, --nightly (more runs of the random
// tests), and path prefixes below test/ to run only those (`npm test -- unit fault/kill`).

import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { build, ensureChromium, ensurePackages, ensureTarantool, projectDir, runs } from './prepare.mjs';
import { runTests, testFiles } from './run_tests.mjs';

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const coverageDir = join(projectDir, 'coverage');

const MAX_FILES_AGAIN = 3;

/** Tests that need a Docker engine have a command of their own, `npm run test:deploy`. */
const DEPLOY = `deploy${sep}`;

function chosenFiles() {
  const all = testFiles().filter((file) => !file.startsWith(DEPLOY));
  return wanted.length === 0 ? all : all.filter((file) => wanted.some((start) => file.startsWith(start)));
}

/** The Lua tests of what reads or writes imports run once more on the layout of a storage (tarantool/shards/buckets.lua). */
const ALSO_SHARDED = /^(?:census|bytes|lib)[/\\]/;
const BUCKETS = '3000';
const LUA_TIMEOUT_MS = 300_000;
const LUA_TESTS = join(projectDir, 'tarantool', 'test');

/** Runs one Lua test, a program that prints TAP, and adds up its cases. Returns whether it passed. */
function runLuaTest(tarantool, { file, buckets }, counts) {
  const env = { ...process.env, SVODKA_TEST_BUCKETS: buckets };
  const { stdout, stderr, status } = spawnSync(tarantool, [join(LUA_TESTS, file)], {
    encoding: 'utf8',
    env,
    timeout: LUA_TIMEOUT_MS,
    // A Tarantool that never yields is deaf to SIGTERM.
    killSignal: 'SIGKILL',
  });
  const passed = stdout.match(/^ok /gm)?.length ?? 0;
  const failed = Math.max(stdout.match(/^not ok /gm)?.length ?? 0, status === 0 ? 0 : 1);
  const layout = buckets === '' ? '' : ` with ${buckets} buckets`;
  const [, reason] = /^1\.\.0 # SKIP (.*)$/m.exec(stdout) ?? [];
  const outcome = reason === undefined ? `${passed} passed, ${failed} failed` : `skipped: ${reason}`;
  process.stdout.write(`lua: ${file}${layout}: ${outcome}\n`);
  if (reason !== undefined) counts.skipped += 1;
  if (failed > 0) process.stdout.write(`${stdout}${stderr}`);
  counts.passed += passed;
  counts.failed += failed;
  return failed === 0;
}

/** Runs the Lua tests. `again`: those that failed and passed when run once more, if all did. */
function runLuaTests(tarantool) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const files =
    wanted.length === 0 ? readdirSync(LUA_TESTS, { recursive: true }).filter((file) => file.endsWith('_test.lua')) : [];
  const runs = [
    ...files.map((file) => ({ file, buckets: '' })),
    ...files.filter((file) => ALSO_SHARDED.test(file)).map((file) => ({ file, buckets: BUCKETS })),
  ];
  const failedRuns = runs.filter((each) => !runLuaTest(tarantool, each, counts));
  if (failedRuns.length === 0 || failedRuns.length > MAX_FILES_AGAIN) return { counts, again: [] };
  process.stdout.write('\nonce more:\n');
  const countsAgain = { passed: 0, failed: 0, skipped: 0 };
  const passesAgain = failedRuns.filter((each) => runLuaTest(tarantool, each, countsAgain));
  const again = passesAgain.length === failedRuns.length ? failedRuns.map(({ file }) => file) : [];
  return { counts, again };
}

/**
 * Runs files with failed cases once more, one at a time: on a busy machine a time limit of a browser or of a start can be
 * reached. More than three failed files are no accident. The last line of the output names what passed only this way.
 */
async function passesAlone(files) {
  if (files.length === 0 || files.length > MAX_FILES_AGAIN) return false;
  process.stdout.write(`\nonce more, alone: ${files.join(', ')}\n`);
  const { counts } = await runTests(files, 1);
  return counts.failed === 0 && counts.passed > 0;
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

const { counts: lua, again: luaAgain } = runLuaTests(process.env.SVODKA_TARANTOOL_BIN);
const { counts: typeScript, failedFiles } = await runTests(chosenFiles(), 2);
const isUnsteady = await passesAlone(failedFiles);
const unsteady = [...luaAgain, ...(isUnsteady ? failedFiles : [])];
if (flags.includes('--coverage')) {
  process.env.NODE_V8_COVERAGE = '';
  runs('node_modules/.bin/c8', ['report', '--temp-directory', 'coverage/tmp', '--reports-dir', 'coverage']);
}
const sum = (key) => lua[key] + typeScript[key];
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
if (unsteady.length > 0) {
  process.stdout.write(`UNSTEADY, passed when run once more alone: ${unsteady.join(', ')}\n`);
}
const isFine = (lua.failed === 0 || luaAgain.length > 0) && (typeScript.failed === 0 || isUnsteady);
process.exit(isFine && sum('passed') > 0 ? 0 : 1);
