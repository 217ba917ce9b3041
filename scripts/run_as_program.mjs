// Shared by the command lines: installs what is missing, then runs the program in the user's folder.

import { buildWhereStale, ensurePackages } from './prepare.mjs';

export async function runAsProgram(name, load) {
  // Results go to stdout, so preparation must not write there.
  ensurePackages({ tell: (message) => process.stderr.write(`svodka: ${message}\n`), stdio: ['ignore', 2, 2] });
  buildWhereStale({ stdio: ['ignore', 2, 2] });
  // npm runs scripts in the project's folder; file arguments are relative to the user's folder.
  if (process.env.npm_lifecycle_event === name && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  await load();
}
