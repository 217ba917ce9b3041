import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The program of util-linux that has the kernel kill a process when its parent dies; undefined where there is none that
 * can (BusyBox has one of the same name).
 * @param searchPath where it is looked for: a PATH
 */
export function findSetpriv(searchPath: string): string | undefined {
  const path = searchPath
    .split(':')
    .map((folder) => join(folder, 'setpriv'))
    .find((each) => existsSync(each));
  if (path === undefined) return undefined;
  return spawnSync(path, ['--pdeathsig', 'KILL', '--', path, '--version']).status === 0 ? path : undefined;
}
