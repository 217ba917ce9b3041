import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rmdir, unlink } from 'node:fs/promises';
import { ServiceError } from '../../../errors.js';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export function codeOf(reason: unknown): string | undefined {
  return (reason as NodeJS.ErrnoException | null)?.code;
}

/** What `open` says of a name that is a link, or of a folder's name that is a file. */
const IN_THE_WAY: ReadonlySet<string | undefined> = new Set(['ELOOP', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EEXIST']);

function inTheWay(): ServiceError {
  return new ServiceError(
    'FILE_IN_THE_WAY',
    'A folder has this name, or a part of the path is a file or a link. Nothing was changed.',
  );
}

/** The error for a fault of the folder of the files, which only an operator can mend. */
export function unavailable(reason: unknown): ServiceError {
  const detail = `The folder of the files cannot be used (${codeOf(reason)}); see the log of the service.`;
  return new ServiceError('FILES_UNAVAILABLE', detail, { cause: reason });
}

/**
 * The name in an open folder, like openat(2), which Node lacks: the kernel starts at the open folder, so nobody can
 * replace a part of the path by a link between two steps.
 */
function below(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/** Whether a new name in the folder survives a power cut is decided here. */
async function syncFolder(folder: FileHandle): Promise<void> {
  await folder.sync();
}

async function makeFolder(parent: FileHandle, name: string): Promise<void> {
  try {
    await mkdir(below(parent, name));
  } catch (reason) {
    if (codeOf(reason) === 'EEXIST') return;
    throw reason;
  }
  await syncFolder(parent);
}

/** Opens a folder below `root`; no name of the path may be a link. `makes`: missing folders are created. */
async function openFolder(root: string, names: readonly string[], makes = false): Promise<FileHandle> {
  let folder = await open(root, O_RDONLY | O_DIRECTORY).catch((reason) => {
    throw unavailable(reason);
  });
  for (const name of names) {
    const parent = folder;
    try {
      if (makes) await makeFolder(parent, name);
      folder = await open(below(parent, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } finally {
      await parent.close();
    }
  }
  return folder;
}

async function withFolder<Result>(
  root: string,
  names: readonly string[],
  work: (folder: FileHandle) => Promise<Result>,
): Promise<Result> {
  const folder = await openFolder(root, names);
  try {
    return await work(folder);
  } finally {
    await folder.close();
  }
}

/** Opens a file for reading; undefined if there is none. Links, folders and devices are not files. */
export async function openFile(root: string, path: readonly string[]): Promise<FileHandle | undefined> {
  const name = path.at(-1) as string;
  let file: FileHandle;
  try {
    file = await withFolder(root, path.slice(0, -1), (folder) =>
      // A pipe without a writer would block the open.
      open(below(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
    );
  } catch (reason) {
    const code = codeOf(reason);
    if (code === 'ENOENT' || code === 'ENXIO' || IN_THE_WAY.has(code)) return undefined;
    throw reason;
  }
  const isFile = await file.stat().then(
    (stat) => stat.isFile(),
    () => false,
  );
  if (isFile) return file;
  await file.close();
  return undefined;
}

/** Opens a folder for listing; undefined if there is none. */
export async function openListedFolder(
  root: string,
  names: readonly string[],
): Promise<{ folder: FileHandle; path: string } | undefined> {
  try {
    const folder = await openFolder(root, names);
    return { folder, path: below(folder, '.') };
  } catch (reason) {
    const code = codeOf(reason);
    if (code === 'ENOENT' || IN_THE_WAY.has(code)) return undefined;
    throw reason;
  }
}

/**
 * Moves a complete file to its place, in which it replaces an earlier one, durably. Creates missing folders.
 * @throws ServiceError FILE_IN_THE_WAY
 */
export async function putInPlace(root: string, path: readonly string[], source: string): Promise<void> {
  const name = path.at(-1) as string;
  let folder: FileHandle | undefined;
  try {
    folder = await openFolder(root, path.slice(0, -1), true);
    await rename(source, below(folder, name));
    await syncFolder(folder);
  } catch (reason) {
    throw IN_THE_WAY.has(codeOf(reason)) ? inTheWay() : reason;
  } finally {
    await folder?.close();
  }
}

/** Removes folders that have become empty, from the innermost outwards. */
async function removeEmptyFolders(root: string, names: readonly string[]): Promise<void> {
  for (let depth = names.length; depth > 0; depth--) {
    try {
      await withFolder(root, names.slice(0, depth - 1), (parent) => rmdir(below(parent, names[depth - 1] as string)));
    } catch {
      return;
    }
  }
}

/** Removes a file durably, and the folders that it leaves empty. */
export async function removeFile(root: string, path: readonly string[]): Promise<void> {
  const folders = path.slice(0, -1);
  await withFolder(root, folders, async (folder) => {
    await unlink(below(folder, path.at(-1) as string));
    await syncFolder(folder);
  });
  await removeEmptyFolders(root, folders);
}
