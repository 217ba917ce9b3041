// What the command lines have in common: they set up what is missing, then run from where their user stands.

import { buildWhereStale, ensurePackages } from './prepare.mjs';

export async function runAsProgram(name, load) {
  // Results go to stdout, so that what is done before has no place there.
  ensurePackages({ tell: (message) => process.stderr.write(`svodka: ${message}\n`), stdio: ['ignore', 2, 2] });
  buildWhereStale({ stdio: ['ignore', 2, 2] });
  // npm runs scripts in the project's folder; files are named from where its user stands.
  if (process.env.npm_lifecycle_event === name && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  await load();
}
