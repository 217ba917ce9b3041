import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** Why a name cannot be run; the message is meant for people. */
export class FunctionNotFound extends Error {}

/**
 * The path of the executable that a task's `function` names: one file or link directly in the folder. Links are followed
 * anywhere, since an operator made them.
 * @throws FunctionNotFound
 */
export function findFunction(binDir: string, name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new FunctionNotFound(`"${name}" is not the name of a file in the folder of executables.`);
  }
  const path = join(binDir, name);
  let isFile: boolean;
  try {
    isFile = statSync(path).isFile();
  } catch (reason) {
    // Also a link that leads to itself, a name that is too long, a folder that may not be read.
    throw new FunctionNotFound(`There is no executable "${name}" (${(reason as NodeJS.ErrnoException).code}).`);
  }
  if (!isFile) throw new FunctionNotFound(`"${name}" is not a file.`);
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new FunctionNotFound(`"${name}" cannot be executed.`);
  }
  return path;
}
