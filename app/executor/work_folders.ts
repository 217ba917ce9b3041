import { mkdirSync, readdirSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readProcess } from './processes/process_table.js';

/** svodka-executor-<pid namespace>-<pid>-<start of that process> */
const NAME = /^svodka-executor-(\d+)-(\d+)-(\d+)$/;

/** Where tasks run: a new folder for each, all in one folder of this executor. */
export type WorkFolders = {
  /** @throws Error when none can be made: a full disk */
  make(): string;
  /** Removes the folder with all that is in it. */
  remove(folder: string): Promise<void>;
  close(): void;
};

/** A pid means something only among those who see the same processes; containers may share a folder. */
function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
}

function removeLeftovers(parent: string, namespace: string): void {
  for (const name of readdirSync(parent)) {
    const [, itsNamespace, pid, startTime] = NAME.exec(name) ?? [];
    if (itsNamespace !== namespace || String(readProcess(Number(pid))?.startTime) === startTime) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}

/** Most tasks leave nothing: one call of the system instead of five. Whether the folder was empty. */
function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** A script may have taken the rights from its own folders, which then cannot be emptied. */
async function giveRightsBack(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await giveRightsBack(join(folder, entry.name));
  }
}

/**
 * Removes what executors that were killed have left below `parent`, a folder for files that need not last.
 * @throws Error when the folder cannot be made
 */
export function createWorkFolders(parent: string): WorkFolders {
  const namespace = pidNamespace();
  removeLeftovers(parent, namespace);
  const startTime = readProcess(process.pid)?.startTime;
  const own = join(parent, `svodka-executor-${namespace}-${process.pid}-${startTime}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  let count = 0;
  return {
    // Without the thread pool, whose threads would take ten times as long to wake as the call takes.
    make() {
      const folder = join(own, `task-${++count}`);
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    },
    async remove(folder) {
      if (removeEmpty(folder)) return;
      try {
        await rm(folder, { recursive: true, force: true });
      } catch {
        await giveRightsBack(folder);
        await rm(folder, { recursive: true, force: true });
      }
    },
    close: () => rmSync(own, { recursive: true, force: true }),
  };
}
