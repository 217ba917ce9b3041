// `npm run bench`: installs what is missing, then measures. Flags are those of bench/main.ts.

import {
  build,
  ensurePackages,
  ensurePostgres,
  ensureTarantool,
  giveUp,
  installDebianPackages,
  runs,
} from './prepare.mjs';

const hasWrk = () => runs('which', ['wrk'], { stdio: 'ignore' });

ensurePackages();
if (!hasWrk() && !(await installDebianPackages(['wrk'])) && !hasWrk()) {
  giveUp('wrk is missing; it generates the load. On Debian install the package wrk.');
}
process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
if (process.argv.some((word) => word === '--peer' || word.startsWith('--peer='))) {
  process.env.BENCH_POSTGRES_BIN_DIR = await ensurePostgres();
}
build();
await import('../dist/bench/main.js');
