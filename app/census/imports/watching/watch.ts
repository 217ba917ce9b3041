import { type ChangeFeed, GONE } from '../../../db/change_feed.js';
import { hasCode } from '../../../errors.js';
import type { ImportProgress } from '../repository.js';

/** The shortest pause between two events of an import. The last change is always sent. */
const MIN_PAUSE_MS = 100;
/** Pause before another try while the database is away. */
const RETRY_MS = 1_000;

/** `progress`: until the import is published; `changed`: its data changed; `gone`: it was deleted or abandoned. */
export type WatchEvent =
  | { kind: 'progress'; progress: ImportProgress }
  | { kind: 'changed'; version: number }
  | { kind: 'gone' };
type Listener = (event: WatchEvent) => void;

export type ImportWatch = {
  /**
   * Calls `listener` with the progress of the import, then with each event; nothing follows `gone`. `seenVersion`: when
   * the import has another version by now, `changed` is sent at once. Returns the function that ends the watch.
   * A listener must not throw: later listeners would miss the event.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  watch(importId: number, listener: Listener, seenVersion?: number): Promise<() => void>;
  /** O(watched imports). */
  watcherCount(): number;
};

/** A watched import. */
type Watched = {
  listeners: Set<Listener>;
  /** The progress that was sent last, and when. */
  told?: ImportProgress;
  toldAt: number;
  /** An event is scheduled; `latest`: the import's version, when it is known. */
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

  /** The event for the difference between the two; undefined when there is none. */
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

  function due(importId: number, watched: Watched, minPauseMs = 0): void {
    if (watched.isDue) return;
    watched.isDue = true;
    const pauseMs = Math.max(minPauseMs, watched.toldAt + MIN_PAUSE_MS - performance.now());
    const say = () => void tellNow(importId, watched);
    if (pauseMs <= 0) queueMicrotask(say);
    else setTimeout(say, pauseMs).unref();
  }

  async function tellNow(importId: number, watched: Watched): Promise<void> {
    // The watch may have ended since this was scheduled.
    if (watchedOf.get(importId) !== watched) return;
    const { latest, told } = watched;
    delete watched.latest;
    watched.isDue = false;
    watched.toldAt = performance.now();
    try {
      // For a published import the version is all that is needed; otherwise the database is asked.
      const knowsAll = latest !== undefined && told?.state === 'published';
      // An earlier read may have seen a later version than this change.
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
      // Events that come before the progress is known are sent after it.
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
