// `npm run bench`: installs what is missing, then measures. Flags are those of bench/main.ts.

import { join } from 'node:path';
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

const hasWrk = () => runs('which', ['wrk'], { stdio: 'ignore' });

ensurePackages();
if (!hasWrk() && !(await installDebianPackages(['wrk'])) && !hasWrk()) {
  giveUp('wrk is missing; it generates the load. On Debian install the package wrk.');
}
process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
const { values } = parseArgs({ options: { peer: { type: 'string' } }, strict: false });
if (values.peer !== undefined) process.env.BENCH_POSTGRES_BIN_DIR = await ensurePostgres();
if (values.peer === 'queues') {
  await ensureRedis();
  ensurePackages({ folder: join(projectDir, 'bench', 'peers') });
}
build();
await import('../dist/bench/main.js');
