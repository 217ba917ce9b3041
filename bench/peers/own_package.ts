import { createRequire } from 'node:module';
import { join } from 'node:path';
import { projectDir } from '../../test/support/folder.js';

/** Packages of bench/peers, which Svodka itself does not depend on. */
const require = createRequire(join(projectDir, 'bench', 'peers', 'package.json'));

/** Loads a package of bench/peers; the caller declares what it uses of it. */
export function ownPackage<Module>(name: string): Module {
  return require(name) as Module;
}
