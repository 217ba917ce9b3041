import { lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

function isThere(path: string, stat: typeof statSync | typeof lstatSync): boolean {
  return stat(path, { throwIfNoEntry: false }) !== undefined;
}

/** Links that lead nowhere any more, since the project was moved, are made anew; what an operator put there stays. */
function link(target: string, path: string): void {
  if (isThere(path, statSync)) return;
  if (isThere(path, lstatSync)) unlinkSync(path);
  symlinkSync(target, path);
}

/** Makes the folder of executables, with links to those that come with Svodka. @throws errors of the file system */
export function makeBinFolder(binDir: string, bundledDir: string): void {
  mkdirSync(binDir, { recursive: true });
  for (const name of readdirSync(bundledDir)) link(join(bundledDir, name), join(binDir, name));
}
