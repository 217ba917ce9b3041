import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './folder.js';

const PIECE = Buffer.alloc(64 * 1024, 1);

export type SmallDisk = {
  path: string;
  /** Fills the remaining space. */
  fill(): void;
  /** Frees that space again. */
  clear(): void;
  unmount(): void;
};

/** An in-memory disk of so many MB; undefined if it cannot be mounted, which requires Linux and root. */
export function mountSmallDisk(megabytes: number): SmallDisk | undefined {
  const path = makeFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', path]).status !== 0)
    return undefined;
  const filler = join(path, 'filler');
  return {
    path,
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (;;) writeSync(file, PIECE);
      } catch (reason) {
        if ((reason as NodeJS.ErrnoException).code !== 'ENOSPC') throw reason;
      } finally {
        closeSync(file);
      }
    },
    clear: () => rmSync(filler),
    // Lazy unmount: a killed Tarantool may not have ended yet.
    unmount: () => void spawnSync('umount', ['--lazy', path]),
  };
}
