#!/usr/bin/env node
// `npm run client_app -- ...`, or the program `client_app`: installs what is missing, then runs the users' client.

import { runAsProgram } from './run_as_program.mjs';

await runAsProgram('client_app', () => import('../dist/app/cli/client_app/main.js'));
