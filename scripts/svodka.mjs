#!/usr/bin/env node
// `npm run svodka -- import FILE`, or the program `svodka`: sets up what is missing, then becomes the command line.

import { runAsProgram } from './run_as_program.mjs';

await runAsProgram('svodka', () => import('../dist/app/cli/svodka/main.js'));
