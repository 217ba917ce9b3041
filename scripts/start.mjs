// `npm start`: installs what is missing, then runs the service.

import { build, ensurePackages, ensureTarantool } from './prepare.mjs';

ensurePackages();
if (!process.env.SVODKA_TARANTOOL_URI) process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
build();
await import('../dist/app/main.js');
