// `npm run soak -- --minutes N`: installs what is missing, then runs test/soak/main.ts with the same flags.

import { build, ensurePackages, ensureTarantool } from './prepare.mjs';

ensurePackages();
process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
build();
await import('../dist/test/soak/main.js');
