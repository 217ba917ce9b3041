// What `npm start`, `npm test`, `npm run svodka` and `npm run lint` need and a fresh machine may lack: npm packages, Tarantool, a build.
// Plain JavaScript on Node's own modules, since it runs before anything is installed.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

export const projectDir = fileURLToPath(new URL('../', import.meta.url));

/** Ends the process with words for people. */
export function giveUp(message) {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}

function say(message) {
  process.stdout.write(`svodka: ${message}\n`);
}

/** Runs a program in the project folder; answers whether it ended well. */
export function runs(program, args, options = {}) {
  return spawnSync(program, args, { cwd: projectDir, stdio: 'inherit', ...options }).status === 0;
}

function answersQuietly(program, args) {
  return runs(program, args, { stdio: 'ignore' });
}

/** Installs npm packages when they are missing or of another lock file. `tell` says so; npm itself writes to `stdio`. */
export function ensurePackages({ tell = say, stdio = 'inherit' } = {}) {
  const lock = createHash('sha256')
    .update(readFileSync(join(projectDir, 'package-lock.json')))
    .digest('hex');
  const stamp = join(projectDir, 'node_modules', '.svodka-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  tell('installing npm packages');
  if (!runs('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { stdio })) {
    giveUp('The npm packages could not be installed; the reason is above. Is the npm registry reachable?');
  }
  writeFileSync(stamp, lock);
}

/** What the compiler knows of its last run. */
const buildInfo = join(projectDir, 'dist', '.tsbuildinfo');

/** Compiles TypeScript into dist/: the service and its tests, then the page, which has a browser's types. */
export function build({ stdio = 'inherit' } = {}) {
  const startedAt = new Date();
  for (const project of ['tsconfig.json', 'tsconfig.page.json']) {
    if (!runs(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', project], { stdio })) {
      giveUp('The build failed; the reason is above.');
    }
  }
  // The compiler leaves it as it was when nothing but times changed, as after a checkout.
  utimesSync(buildInfo, startedAt, startedAt);
}

/** The same where a source is newer than what was made of all: asking the compiler takes half a second each time. */
export function buildWhereStale(options) {
  const builtAtMs = existsSync(buildInfo) ? statSync(buildInfo).mtimeMs : 0;
  const sources = readdirSync(join(projectDir, 'app'), { recursive: true }).map((file) => join('app', file));
  const isStale = ['tsconfig.json', ...sources].some((file) => statSync(join(projectDir, file)).mtimeMs > builtAtMs);
  if (isStale) build(options);
}

/** The words in front of apt-get that give it the right to install; undefined when there are none. */
function aptPrefix() {
  if (!existsSync('/etc/debian_version') || !answersQuietly('apt-get', ['--version'])) return undefined;
  if (process.getuid?.() === 0) return [];
  if (answersQuietly('sudo', ['-n', 'true'])) return ['sudo', '-n'];
  // With a person there, sudo may ask for the password itself.
  return process.stdin.isTTY && answersQuietly('sudo', ['--version']) ? ['sudo'] : undefined;
}

async function agrees(question) {
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.CI) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y(es)?)?$/i.test(answer.trim());
}

/** Installs Debian packages; answers whether it worked. */
export async function installDebianPackages(packages) {
  const prefix = aptPrefix();
  if (prefix === undefined) return false;
  const names = packages.join(' ');
  if (!(await agrees(`${names} is missing. Install it with apt-get?`))) return false;
  say(`installing ${names} with apt-get`);
  const apt = (...args) => {
    const [program, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    // Its hundreds of lines are shown only when something goes wrong.
    const done = spawnSync(program, rest, { stdio: ['inherit', 'pipe', 'pipe'], encoding: 'utf8' });
    if (done.status !== 0) process.stderr.write(`${done.stdout}${done.stderr}`);
    return done.status === 0;
  };
  return apt('update') && apt('install', '-y', '--no-install-recommends', ...packages);
}

const NO_POSTGRES = `The peer needs PostgreSQL (initdb and postgres), but none was found. You can:
  - install it (Debian, Ubuntu): sudo apt-get install postgresql
  - set BENCH_POSTGRES_BIN_DIR to the folder with its programs`;

/** The folder of initdb and postgres: Debian keeps them out of PATH, a folder for each version. */
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

/** Answers the folder of PostgreSQL's programs, installing them where that is possible. Ends the process otherwise. */
export async function ensurePostgres() {
  return (
    findPostgres() ??
    ((await installDebianPackages(['postgresql'])) ? findPostgres() : undefined) ??
    giveUp(NO_POSTGRES)
  );
}

const NO_TARANTOOL = `Svodka needs Tarantool 2.6 or newer, but none was found. You can:
  - install it (Debian, Ubuntu): sudo apt-get install tarantool
  - download it: https://www.tarantool.io/en/download/
  - set SVODKA_TARANTOOL_BIN to its program, if it is elsewhere on the machine
  - set SVODKA_TARANTOOL_URI=host:port and SVODKA_TARANTOOL_PASSWORD, if it is running already (with tarantool/app.lua)
  - start a Docker engine: Svodka then runs Tarantool in a container`;

/** Answers the program to run as Tarantool, installing it where that is possible. Ends the process when there is none. */
export async function ensureTarantool() {
  const given = process.env.SVODKA_TARANTOOL_BIN;
  if (given) {
    // As app/config.ts reads it: a path counts from where we were started.
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

/** Answers the path of Chromium, in which the page is tested, installing it where that is possible. */
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
