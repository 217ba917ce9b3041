#!/usr/bin/env node
// `npm run svodka -- import FILE`, or the program `svodka`: sets up what is missing, then becomes the command line.

import { buildWhereStale, ensurePackages } from './prepare.mjs';

// Results go to stdout, so that what is done before has no place there.
ensurePackages({ tell: (message) => process.stderr.write(`svodka: ${message}\n`), stdio: ['ignore', 2, 2] });
buildWhereStale({ stdio: ['ignore', 2, 2] });
// npm runs scripts in the project's folder; files are named from where its user stands.
if (process.env.npm_lifecycle_event === 'svodka' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
await import('../dist/app/cli/svodka/main.js');
