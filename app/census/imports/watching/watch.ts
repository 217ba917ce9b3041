import type { ChangeFeed } from '../../../db/change_feed.js';
import { createWatch } from '../../../db/watch.js';
import { hasCode } from '../../../errors.js';
import type { ImportProgress } from '../repository.js';

/** `progress`: until the import is published; `changed`: its data changed; `gone`: it was deleted or abandoned. */
export type WatchEvent =
  | { kind: 'progress'; progress: ImportProgress }
  | { kind: 'changed'; version: number }
  | { kind: 'gone' };

export type ImportWatch = {
  /**
   * Calls `listener` with the progress of the import, then with each event; nothing follows `gone`. `seenVersion`: when
   * the import has another version by now, `changed` is sent at once. Returns the function that ends the watch.
   * A listener must not throw: later listeners would miss the event.
   * @throws ServiceError IMPORT_NOT_FOUND
   */
  watch(importId: number, listener: (event: WatchEvent) => void, seenVersion?: number): Promise<() => void>;
  /** O(watched imports). */
  watcherCount(): number;
};

function nextEvent(told: ImportProgress, progress: ImportProgress): WatchEvent | undefined {
  if (told.state !== 'published') {
    return JSON.stringify(told) === JSON.stringify(progress) ? undefined : { kind: 'progress', progress };
  }
  return told.version === progress.version ? undefined : { kind: 'changed', version: progress.version };
}

export function createImportWatch(
  feed: ChangeFeed,
  progressOf: (importId: number) => Promise<ImportProgress>,
): ImportWatch {
  const { watch, watcherCount } = createWatch<ImportProgress, WatchEvent>(feed, {
    read: progressOf,
    isGone: (reason) => hasCode(reason, 'IMPORT_NOT_FOUND'),
    first: (progress) => ({ kind: 'progress', progress }),
    next: nextEvent,
    gone: () => ({ kind: 'gone' }),
    // For a published import the version is all that is needed. An earlier read may have seen a later one than this change.
    foretell: (told, version) =>
      told.state === 'published' ? { ...told, version: Math.max(version, told.version) } : undefined,
    isNewer: (event, { version }) => event.kind !== 'changed' || event.version > version,
  });
  return {
    watch(importId, listener, seenVersion) {
      if (seenVersion === undefined) return watch(importId, listener);
      let isFirst = true;
      return watch(importId, (event) => {
        listener(event);
        if (!isFirst || event.kind !== 'progress') return;
        isFirst = false;
        const { version } = event.progress;
        if (version !== seenVersion) listener({ kind: 'changed', version });
      });
    },
    watcherCount,
  };
}
