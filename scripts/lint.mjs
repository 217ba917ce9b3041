// `npm run lint`: Biome and the compiler for TypeScript, luacheck and StyLua for Lua, yamllint and ansible-lint for the rollout.

import { join } from 'node:path';
import { build, ensurePackages, giveUp, installDebianPackages, projectDir, runs } from './prepare.mjs';

const DEBIAN_PACKAGE = { luacheck: 'lua-check', yamllint: 'yamllint', 'ansible-lint': 'ansible-lint' };
const missing = () =>
  Object.keys(DEBIAN_PACKAGE).filter((program) => !runs(program, ['--version'], { stdio: 'ignore' }));

ensurePackages();
if (missing().length > 0) await installDebianPackages(missing().map((program) => DEBIAN_PACKAGE[program]));
if (missing().length > 0) {
  const packages = missing().map((program) => DEBIAN_PACKAGE[program]);
  giveUp(`${missing().join(', ')} cannot be run. On Debian install ${packages.join(', ')}.`);
}
build();
const checks = [
  ['node_modules/.bin/biome', ['ci', '.']],
  ['luacheck', ['--config', 'tarantool/.luacheckrc', '-q', 'tarantool', 'test']],
  ['node_modules/.bin/stylua', ['--check', 'tarantool', 'test']],
  ['yamllint', ['--strict', '.'], 'ansible'],
  ['ansible-lint', ['-q'], 'ansible'],
];
const failed = checks
  .filter(([program, args, folder = '.']) => !runs(program, args, { cwd: join(projectDir, folder) }))
  .map(([program]) => program);
if (failed.length > 0) giveUp(`Not clean: ${failed.join(', ')}.`);
process.stdout.write('lint: clean\n');
