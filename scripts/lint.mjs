// `npm run lint`: Biome and the compiler for TypeScript, luacheck and StyLua for Lua.

import { build, ensurePackages, giveUp, installDebianPackages, runs } from './prepare.mjs';

const hasLuacheck = () => runs('luacheck', ['--version'], { stdio: 'ignore' });

ensurePackages();
if (!hasLuacheck() && !(await installDebianPackages(['lua-check'])) && !hasLuacheck()) {
  giveUp('luacheck is missing: on Debian it is the package lua-check.');
}
build();
const checks = [
  ['node_modules/.bin/biome', ['ci', '.']],
  ['luacheck', ['--config', 'tarantool/.luacheckrc', '-q', 'tarantool', 'test']],
  ['node_modules/.bin/stylua', ['--check', 'tarantool', 'test']],
];
const failed = checks.filter(([program, args]) => !runs(program, args)).map(([program]) => program);
if (failed.length > 0) giveUp(`Not clean: ${failed.join(', ')}.`);
process.stdout.write('lint: clean\n');
