import { type ChangeFeed, GONE } from '../../../db/change_feed.js';
import { hasCode } from '../../../errors.js';
import type { ImportProgress } from '../repository.js';

/** A watcher hears of an import's changes at most so often; the last one is always told. */
const LEAST_PAUSE_MS = 100;
/** While the database is away nothing is known and nothing is said. */
const RETRY_MS = 1_000;

/** `progress`: where it stands, until it is published; `changed`: its data moved; `gone`: it is no more. */
export type WatchEvent =
  | { kind: 'progress'; progress: ImportProgress }
  | { kind: 'changed'; version: number }
  | { kind: 'gone' };
type Listener = (event: WatchEvent) => void;

export type ImportWatch = {
  /**
   * Tells `listener` where the import stands, then whatever becomes of it; nothing after `gone`. `seenVersion`: one that
   * it has seen: when the import has another by now, it is told `changed` at once. Returns the function that ends it.
   * A listener must not throw: those after it would not be told.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  watch(importId: number, listener: Listener, seenVersion?: number): Promise<() => void>;
  /** O(imports that are watched). */
  watcherCount(): number;
};

/** An import that somebody watches. */
type Watched = {
  listeners: Set<Listener>;
  /** What was said of it last, and when. */
  told?: ImportProgress;
  toldAt: number;
  /** Something is going to be said; of the version `latest`, where that is known. */
  isDue: boolean;
  latest?: number;
  unlisten(): void;
};

export function createImportWatch(
  feed: ChangeFeed,
  progressOf: (importId: number) => Promise<ImportProgress>,
): ImportWatch {
  const watchedOf = new Map<number, Watched>();

  function tell({ listeners }: Watched, event: WatchEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  /** What is new between the two, as an event. */
  function eventOf(told: ImportProgress | undefined, progress: ImportProgress): WatchEvent | undefined {
    if (told?.state !== 'published') {
      return JSON.stringify(told) === JSON.stringify(progress) ? undefined : { kind: 'progress', progress };
    }
    return told.version === progress.version ? undefined : { kind: 'changed', version: progress.version };
  }

  function end(importId: number, watched: Watched): void {
    watched.unlisten();
    if (watchedOf.get(importId) === watched) watchedOf.delete(importId);
  }

  function due(importId: number, watched: Watched, leastMs = 0): void {
    if (watched.isDue) return;
    watched.isDue = true;
    const pauseMs = Math.max(leastMs, watched.toldAt + LEAST_PAUSE_MS - performance.now());
    const say = () => void tellNow(importId, watched);
    if (pauseMs <= 0) queueMicrotask(say);
    else setTimeout(say, pauseMs).unref();
  }

  async function tellNow(importId: number, watched: Watched): Promise<void> {
    // It may have come to its end since this was due: nothing is told after that.
    if (watchedOf.get(importId) !== watched) return;
    const { latest, told } = watched;
    delete watched.latest;
    watched.isDue = false;
    watched.toldAt = performance.now();
    try {
      // Of a published import the version says it all; else the database is asked.
      const knowsAll = latest !== undefined && told?.state === 'published';
      // A look may have seen more than the change that is told of now.
      const version = knowsAll ? Math.max(latest, told.version) : 0;
      const progress = knowsAll ? { ...told, version } : await progressOf(importId);
      const event = eventOf(watched.told, progress);
      watched.told = progress;
      if (event !== undefined && watchedOf.get(importId) === watched) tell(watched, event);
    } catch (reason) {
      if (!hasCode(reason, 'IMPORT_NOT_FOUND')) due(importId, watched, RETRY_MS);
      else if (watchedOf.get(importId) === watched) finish(importId, watched);
    }
  }

  function finish(importId: number, watched: Watched): void {
    end(importId, watched);
    tell(watched, { kind: 'gone' });
  }

  function begin(importId: number): Watched {
    const watched: Watched = { listeners: new Set(), toldAt: 0, isDue: false, unlisten: () => {} };
    watched.unlisten = feed.listen(importId, (version) => {
      if (version === GONE) {
        finish(importId, watched);
        return;
      }
      if (version === undefined) delete watched.latest;
      else watched.latest = version;
      due(importId, watched);
    });
    watchedOf.set(importId, watched);
    return watched;
  }

  return {
    async watch(importId, listener, seenVersion) {
      const watched = watchedOf.get(importId) ?? begin(importId);
      // What is told before it is known where the import stands comes behind that.
      const early: WatchEvent[] = [];
      let hear: Listener = (event) => early.push(event);
      const own: Listener = (event) => hear(event);
      watched.listeners.add(own);
      const unwatch = () => {
        watched.listeners.delete(own);
        if (watched.listeners.size === 0) end(importId, watched);
      };
      try {
        await feed.followed();
        const progress = await progressOf(importId);
        watched.told ??= progress;
        hear = listener;
        listener({ kind: 'progress', progress });
        const { version } = progress;
        if (seenVersion !== undefined && seenVersion !== version) listener({ kind: 'changed', version });
        for (const event of early) if (event.kind !== 'changed' || event.version > version) listener(event);
        return unwatch;
      } catch (reason) {
        unwatch();
        throw reason;
      }
    },

    watcherCount() {
      let count = 0;
      for (const { listeners } of watchedOf.values()) count += listeners.size;
      return count;
    },
  };
}
