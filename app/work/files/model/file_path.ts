/** Folder of the room's own state, which no client reaches. */
export const STATE_FOLDER = '.svodka';

const MAX_PATH_BYTES = 1_024;
/** Of ext4, XFS and tmpfs. */
const MAX_NAME_BYTES = 255;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;

export type PathFault = { code: string; detail: string };

function nameFault(name: string): PathFault | undefined {
  if (name === '') return { code: 'NOT_ALLOWED', detail: 'must have no empty name between slashes' };
  if (name === '.' || name === '..') return { code: 'NOT_ALLOWED', detail: 'must have no name "." or ".."' };
  if (CONTROL_CHARACTERS.test(name)) return { code: 'NOT_ALLOWED', detail: 'must have no control characters' };
  if (!name.isWellFormed()) return { code: 'LONE_SURROGATE', detail: 'has half of a surrogate pair' };
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return { code: 'TOO_LONG', detail: `must have names of at most ${MAX_NAME_BYTES} bytes` };
  }
  return undefined;
}

/** The names of a path: the folders from the outermost on, then the file. Returns a fault if it is not a valid path. */
export function parseFilePath(path: string): string[] | PathFault {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    return { code: 'TOO_LONG', detail: `must have at most ${MAX_PATH_BYTES} bytes` };
  }
  const names = path.split('/');
  for (const name of names) {
    const fault = nameFault(name);
    if (fault !== undefined) return fault;
  }
  if (names[0] === STATE_FOLDER) return { code: 'NOT_ALLOWED', detail: `must not begin with ${STATE_FOLDER}` };
  return names;
}

/** Whether a client could name a file like this. */
export function isFileName(name: string): boolean {
  return nameFault(name) === undefined;
}

/**
 * The folder to search for a prefix, and how the names in it begin: `a/b/c` -> `a/b` and `c`. Returns a fault if no
 * valid path begins like this.
 */
export function parsePrefix(prefix: string): { folders: string[]; start: string } | PathFault {
  const folders = prefix.split('/');
  const start = folders.pop() as string;
  const parsed = parseFilePath([...folders, start === '' || start === '.' || start === '..' ? 'x' : start].join('/'));
  return Array.isArray(parsed) ? { folders, start } : parsed;
}
