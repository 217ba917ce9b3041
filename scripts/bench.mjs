// `npm run bench`: installs what is missing, then measures. Flags are those of bench/main.ts.

import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  build,
  ensurePackages,
  ensurePostgres,
  ensureRedis,
  ensureTarantool,
  giveUp,
  installDebianPackages,
  projectDir,
  runs,
} from './prepare.mjs';

const peersDir = join(projectDir, 'bench', 'peers');

/**
 * better-sqlite3 would download its binary in an install script. It is compiled instead, once, by the node-gyp that comes
 * with npm and the headers that come with Node.
 */
function buildSqlite() {
  const folder = join(peersDir, 'node_modules', 'better-sqlite3');
  if (existsSync(join(folder, 'build', 'Release', 'better_sqlite3.node'))) return;
  process.stdout.write('svodka: compiling better-sqlite3, which takes a minute\n');
  const npmDir = join(execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim(), 'npm');
  const gyp = join(npmDir, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const nodeDir = join(dirname(realpathSync(process.execPath)), '..');
  if (!runs(process.execPath, [gyp, 'rebuild', '--release', `--nodedir=${nodeDir}`], { cwd: folder })) {
    giveUp('better-sqlite3 could not be compiled; the reason is above. It needs gcc, make and python3.');
  }
}

const hasWrk = () => runs('which', ['wrk'], { stdio: 'ignore' });

ensurePackages();
if (!hasWrk() && !(await installDebianPackages(['wrk'])) && !hasWrk()) {
  giveUp('wrk is missing; it generates the load. On Debian install the package wrk.');
}
process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
const { values } = parseArgs({ options: { peer: { type: 'string' } }, strict: false });
const { peer } = values;
if (peer === 'postgres' || peer === 'queues') process.env.BENCH_POSTGRES_BIN_DIR = await ensurePostgres();
if (peer === 'redis' || peer === 'queues') await ensureRedis();
if (peer !== undefined && peer !== 'postgres') ensurePackages({ folder: peersDir });
if (peer === 'sqlite') buildSqlite();
build();
await import('../dist/bench/main.js');
