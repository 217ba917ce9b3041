import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Hasher } from '../hashing/hasher.js';
import { STATE_FOLDER } from '../model/file_path.js';

const MAX_REMEMBERED = 10_000;
/** `<state of the file> <SHA-256>` */
const RECORD = /^(\d+\.\d+\.\d+\.\d+) ([0-9a-f]{64})\n$/;

type Known = { state: string; hex: string };

type Digests = {
  /** The SHA-256 of a file, if it is known; `stats` are those of now. */
  known(path: string, stats: BigIntStats): Promise<string | undefined>;
  /** The same; computes it if it is unknown, as for a file that somebody put there by hand. */
  of(path: string, file: FileHandle, stats: BigIntStats): Promise<string>;
  remember(path: string, stats: BigIntStats, hex: string): Promise<void>;
  forget(path: string): Promise<void>;
};

/** Changes with the file: another file under the name, a write, and an earlier time set by hand all differ in it. */
function stateOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino}.${size}.${mtimeNs}.${ctimeNs}`;
}

/**
 * Keeps the digest of each file in a small file of its own, with the state in which the file had it. A record that is
 * missing, torn or of another state costs one computation, so records are neither synced nor needed for a backup.
 */
export function createDigests(root: string, hasher: Hasher): Digests {
  const remembered = new LRUCache<string, Known>({ max: MAX_REMEMBERED });
  const computing = new Map<string, Promise<string>>();

  function placeOf(path: string): string {
    const name = createHash('sha256').update(path).digest('hex');
    return join(root, STATE_FOLDER, 'digests', name.slice(0, 2), name);
  }

  async function read(path: string): Promise<Known | undefined> {
    const text = await readFile(placeOf(path), 'latin1').catch(() => '');
    const [, state, hex] = RECORD.exec(text) ?? [];
    return state === undefined || hex === undefined ? undefined : { state, hex };
  }

  async function known(path: string, stats: BigIntStats): Promise<string | undefined> {
    const state = stateOf(stats);
    const own = remembered.get(path);
    if (own?.state === state) return own.hex;
    // Another process may have put the file there.
    const found = await read(path);
    if (found?.state !== state) return undefined;
    remembered.set(path, found);
    return found.hex;
  }

  async function remember(path: string, stats: BigIntStats, hex: string): Promise<void> {
    const state = stateOf(stats);
    remembered.set(path, { state, hex });
    const place = placeOf(path);
    try {
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, `${state} ${hex}\n`);
    } catch {
      // On a full disk it is computed again after the next start.
    }
  }

  async function compute(path: string, file: FileHandle, stats: BigIntStats): Promise<string> {
    const hex = (await hasher.digest(file.fd, 0).finish(Number(stats.size))).toString('hex');
    await remember(path, stats, hex);
    return hex;
  }

  return {
    known,
    remember,
    async of(path, file, stats) {
      const hex = await known(path, stats);
      if (hex !== undefined) return hex;
      // Whoever asks meanwhile waits for the same computation.
      const key = `${stateOf(stats)} ${path}`;
      const running = computing.get(key) ?? compute(path, file, stats).finally(() => computing.delete(key));
      computing.set(key, running);
      return running;
    },
    async forget(path) {
      remembered.delete(path);
      await rm(placeOf(path), { force: true });
    },
  };
}
