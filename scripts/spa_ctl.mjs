#!/usr/bin/env node
// `npm run spa_ctl -- ...`, or the program `spa_ctl`: installs what is missing, then runs the operators' program.

import { runAsProgram } from './run_as_program.mjs';

await runAsProgram('spa_ctl', () => import('../dist/app/cli/spa_ctl/main.js'));
