import type { BigIntStats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { isFileName, STATE_FOLDER } from '../model/file_path.js';
import { openListedFolder } from './tree.js';

type Listed = { path: string[]; stats: BigIntStats };

type Entry = { name: string; isFolder: boolean };

/** In the order of whole paths: a slash precedes most of what may follow a name. */
function sortKey({ name, isFolder }: Entry): string {
  return isFolder ? `${name}/` : name;
}

async function entriesOf(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of await opendir(folder)) {
    if (!isFileName(entry.name)) continue;
    if (entry.isFile() || entry.isDirectory()) entries.push({ name: entry.name, isFolder: entry.isDirectory() });
  }
  return entries.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/**
 * The files whose names in the folder begin with `start`, and all below such folders, in order of their paths. Links are
 * left out. What changes meanwhile may be listed as before or as after.
 */
export async function* listFiles(root: string, names: readonly string[], start = ''): AsyncGenerator<Listed, void> {
  const opened = await openListedFolder(root, names);
  if (opened === undefined) return;
  try {
    for (const { name, isFolder } of await entriesOf(opened.path)) {
      if (!name.startsWith(start) || (names.length === 0 && name === STATE_FOLDER)) continue;
      const path = [...names, name];
      if (isFolder) {
        yield* listFiles(root, path);
        continue;
      }
      const stats = await lstat(`${opened.path}/${name}`, { bigint: true }).catch(() => undefined);
      if (stats?.isFile()) yield { path, stats };
    }
  } finally {
    await opened.folder.close();
  }
}
