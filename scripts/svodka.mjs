#!/usr/bin/env node
// `npm run svodka -- import FILE`, or the program `svodka`: installs what is missing, then runs the command line.

import { runAsProgram } from './run_as_program.mjs';

// A separate program, which works in Tarantool and not over HTTP.
if (process.argv[2] === 'executor') await import('./executor.mjs');
else await runAsProgram('svodka', () => import('../dist/app/cli/svodka/main.js'));
