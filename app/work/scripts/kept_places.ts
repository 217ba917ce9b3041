import { type BigIntStats, statSync } from 'node:fs';
import { LRUCache } from 'lru-cache';

const MAX_KEPT = 1_000;
/**
 * Changes less than this apart may get the same time: 4 ms on ext4, 2 s on FAT. A place that changed shortly before the
 * look, or during it, is looked for again.
 */
const SETTLED_MS = 2_000;

/** What a path led to. `text`: another one after any change of a file, or of the entries of a folder. */
type PathState = { path: string; text: string; changedMs: number };

/** `ctime` cannot be set: a file that was replaced by one of the same size and time has another text. */
export function stateText({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** Of what is in the kernel's memory, 3 us; by the thread pool it would be 20 us and a wait for a thread. */
function stateOf(path: string): PathState {
  try {
    const found = statSync(path, { bigint: true });
    return { path, text: stateText(found), changedMs: Number(found.ctimeMs) };
  } catch {
    return { path, text: 'nothing', changedMs: 0 };
  }
}

type KeptPlaces<Place> = {
  /** The place, if nothing that it depends on has changed since. */
  get(key: string): Place | undefined;
  /** `paths`: all that the place depends on. `sinceMs`: when the look for it began, in milliseconds since 1970. */
  keep(key: string, place: Place, look: { paths: readonly string[]; sinceMs: number }): void;
};

/** Remembers what was found on the disk, and what it depends on. To ask for it costs one `stat` for each dependency. */
export function createKeptPlaces<Place extends object>(settledMs = SETTLED_MS): KeptPlaces<Place> {
  const kept = new LRUCache<string, { place: Place; states: readonly PathState[] }>({ max: MAX_KEPT });
  return {
    get(key) {
      const found = kept.get(key);
      const isUnchanged = found?.states.every(({ path, text }) => stateOf(path).text === text);
      return isUnchanged ? found?.place : undefined;
    },
    keep(key, place, { paths, sinceMs }) {
      const states = paths.map(stateOf);
      if (states.every(({ changedMs }) => changedMs < sinceMs - settledMs)) kept.set(key, { place, states });
    },
  };
}
