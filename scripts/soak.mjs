// `npm run soak -- --minutes N`: sets up what is missing, then runs test/soak/main.ts, whose flags these are.

import { build, ensurePackages, ensureTarantool } from './prepare.mjs';

ensurePackages();
process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
build();
await import('../dist/test/soak/main.js');
