// Prepares a machine for `npm start`, `npm test`, `npm run svodka`, `npm run lint`: npm packages, Tarantool, a build.
// Plain JavaScript that uses only Node's own modules, since it runs before anything is installed.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

export const projectDir = fileURLToPath(new URL('../', import.meta.url));

/** Ends the process with a readable message. */
export function giveUp(message) {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}

function say(message) {
  process.stdout.write(`svodka: ${message}\n`);
}

/** Runs a program in the project folder; returns whether it succeeded. */
export function runs(program, args, options = {}) {
  return spawnSync(program, args, { cwd: projectDir, stdio: 'inherit', ...options }).status === 0;
}

function answersQuietly(program, args) {
  return runs(program, args, { stdio: 'ignore' });
}

/**
 * Installs npm packages if they are missing or the lock file changed. `folder` has the lock file; `tell` reports it; npm
 * writes to `stdio`. No package runs a script.
 */
export function ensurePackages({ folder = projectDir, tell = say, stdio = 'inherit' } = {}) {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(folder, 'node_modules', '.svodka-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  tell('installing npm packages');
  if (!runs('npm', ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio })) {
    giveUp('The npm packages could not be installed; the reason is above. Is the npm registry reachable?');
  }
  writeFileSync(stamp, lock);
}

/** The compiler's record of its last run. */
const buildInfo = join(projectDir, 'dist', '.tsbuildinfo');

/** Compiles TypeScript into dist/: first the service and its tests, then the page, which uses browser types. */
export function build({ stdio = 'inherit' } = {}) {
  const startedAt = new Date();
  for (const project of ['tsconfig.json', 'tsconfig.page.json']) {
    if (!runs(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', project], { stdio })) {
      giveUp('The build failed; the reason is above.');
    }
  }
  if (!runs(process.execPath, [join('scripts', 'build_wasm.mjs')], { stdio })) {
    giveUp('The build failed; the reason is above.');
  }
  // The compiler does not touch its record when only timestamps changed, as after a checkout.
  utimesSync(buildInfo, startedAt, startedAt);
}

/** Compiles only if a source is newer than the last build: asking the compiler takes half a second each time. */
export function buildWhereStale(options) {
  const builtAtMs = existsSync(buildInfo) ? statSync(buildInfo).mtimeMs : 0;
  const sources = readdirSync(join(projectDir, 'app'), { recursive: true }).map((file) => join('app', file));
  const isStale = ['tsconfig.json', ...sources].some((file) => statSync(join(projectDir, file)).mtimeMs > builtAtMs);
  if (isStale) build(options);
}

/** The command prefix that gives apt-get the right to install; undefined when there is none. */
function aptPrefix() {
  if (!existsSync('/etc/debian_version') || !answersQuietly('apt-get', ['--version'])) return undefined;
  if (process.getuid?.() === 0) return [];
  if (answersQuietly('sudo', ['-n', 'true'])) return ['sudo', '-n'];
  // In an interactive session sudo may ask for the password itself.
  return process.stdin.isTTY && answersQuietly('sudo', ['--version']) ? ['sudo'] : undefined;
}

async function agrees(question) {
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.CI) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y(es)?)?$/i.test(answer.trim());
}

/** Installs Debian packages; returns whether it succeeded. */
export async function installDebianPackages(packages) {
  const prefix = aptPrefix();
  if (prefix === undefined) return false;
  const names = packages.join(' ');
  if (!(await agrees(`${names} is missing. Install it with apt-get?`))) return false;
  say(`installing ${names} with apt-get`);
  const apt = (...args) => {
    const [program, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    // Its hundreds of lines are shown only when it fails.
    const done = spawnSync(program, rest, { stdio: ['inherit', 'pipe', 'pipe'], encoding: 'utf8' });
    if (done.status !== 0) process.stderr.write(`${done.stdout}${done.stderr}`);
    return done.status === 0;
  };
  return apt('update') && apt('install', '-y', '--no-install-recommends', ...packages);
}

const NO_POSTGRES = `The peer needs PostgreSQL (initdb and postgres), but none was found. You can:
  - install it (Debian, Ubuntu): sudo apt-get install postgresql
  - set BENCH_POSTGRES_BIN_DIR to the folder with its programs`;

/** The folder of initdb and postgres, which Debian keeps outside PATH in a folder per version. */
function findPostgres() {
  const folders = [process.env.BENCH_POSTGRES_BIN_DIR];
  const versions = '/usr/lib/postgresql';
  if (existsSync(versions)) {
    const newestFirst = readdirSync(versions).sort((a, b) => Number(b) - Number(a));
    folders.push(...newestFirst.map((version) => join(versions, version, 'bin')));
  }
  folders.push(...(process.env.PATH ?? '').split(delimiter));
  return folders.find((folder) => folder && ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

/** Returns the folder of PostgreSQL's programs and installs them if possible. Ends the process otherwise. */
export async function ensurePostgres() {
  return (
    findPostgres() ??
    ((await installDebianPackages(['postgresql'])) ? findPostgres() : undefined) ??
    giveUp(NO_POSTGRES)
  );
}

/** Installs Redis if it is missing. Ends the process if that fails. */
export async function ensureRedis() {
  const isThere = () => answersQuietly('redis-server', ['--version']);
  if (isThere() || ((await installDebianPackages(['redis-server'])) && isThere())) return;
  giveUp('This peer needs Redis (redis-server), but none was found. On Debian install the package redis-server.');
}

const NO_TARANTOOL = `Svodka needs Tarantool 2.6 or newer, but none was found. You can:
  - install it (Debian, Ubuntu): sudo apt-get install tarantool
  - download it: https://www.tarantool.io/en/download/
  - set SVODKA_TARANTOOL_BIN to its program, if it is elsewhere on the machine
  - set SVODKA_TARANTOOL_URI=host:port and SVODKA_TARANTOOL_PASSWORD, if it is running already (with tarantool/app.lua)
  - start a Docker engine: Svodka then runs Tarantool in a container`;

/** Returns the program to run as Tarantool and installs it if possible. Ends the process otherwise. */
export async function ensureTarantool() {
  const given = process.env.SVODKA_TARANTOOL_BIN;
  if (given) {
    // As in app/config.ts, a path is relative to the folder in which the command was started.
    const chosen = given.includes('/') ? resolve(given) : given;
    if (!answersQuietly(chosen, ['--version'])) giveUp(`SVODKA_TARANTOOL_BIN is ${chosen}, which cannot be run.`);
    return chosen;
  }
  if (answersQuietly('tarantool', ['--version'])) return 'tarantool';
  if ((await installDebianPackages(['tarantool'])) && answersQuietly('tarantool', ['--version'])) return 'tarantool';
  if (answersQuietly('docker', ['info'])) {
    say('running Tarantool in a container, since this machine has a Docker engine and no Tarantool');
    return join(projectDir, 'scripts', 'tarantool-in-docker');
  }
  return giveUp(NO_TARANTOOL);
}

/** Returns the path of Chromium, in which the page is tested, and installs it if possible. */
export async function ensureChromium() {
  const given = process.env.CHROMIUM_BIN;
  if (given) return given;
  const find = () => ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
  return (
    find() ??
    ((await installDebianPackages(['chromium', 'fonts-dejavu-core'])) ? find() : undefined) ??
    giveUp(
      'Chromium is missing; it is needed to test the page. On Debian install the package chromium; elsewhere set CHROMIUM_BIN.',
    )
  );
}
