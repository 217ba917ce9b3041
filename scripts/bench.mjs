// `npm run bench`: sets up what is missing, then measures. Flags are those of bench/main.ts.

import { build, ensurePackages, ensureTarantool } from './prepare.mjs';

ensurePackages();
process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
build();
await import('../dist/bench/main.js');
