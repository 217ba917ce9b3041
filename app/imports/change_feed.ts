import { setTimeout as sleep } from 'node:timers/promises';
import { runInvariant } from '../faults.js';
import type { ChangePlace, Changes } from './repository.js';

/** Between two questions, so that a hundred writes a second cost the database forty answers, not a hundred. */
const GATHER_MS = 25;
const RETRY_MS = 200;

/** Told a version that the import came to; GONE when it is no more; undefined when it may have changed: look. Must not throw. */
export type ChangeListener = (version: number | undefined) => void;
export const GONE = 0;

/** What changes in any import, from one long poll of the database, however many listen; none while nobody does. */
export type ChangeFeed = {
  /** Answers what ends it. What is committed after `followed` has resolved is told. */
  listen(importId: number, listener: ChangeListener): () => void;
  /** Resolves once changes are followed, or once it is clear that the database is away: that ends with being told. */
  followed(): Promise<void>;
};

/** `waitForChanges` resolves with what changed behind a place, after some seconds with nothing. */
export function createChangeFeed(waitForChanges: (place?: ChangePlace) => Promise<Changes>): ChangeFeed {
  const listenersOf = new Map<number, Set<ChangeListener>>();
  let following: { first: Promise<void> } | undefined;

  function tell(listeners: Iterable<ChangeListener>, version: number | undefined): void {
    for (const listener of [...listeners]) listener(version);
  }

  function tellAll(versions: ReadonlyMap<number, number> | undefined): void {
    if (versions === undefined) {
      for (const listeners of [...listenersOf.values()]) tell(listeners, undefined);
      return;
    }
    for (const [importId, version] of versions) tell(listenersOf.get(importId) ?? [], version);
  }

  async function follow(onFirst: () => void): Promise<void> {
    let place: ChangePlace | undefined;
    let isFirst = true;
    while (listenersOf.size > 0) {
      let pauseMs = GATHER_MS;
      try {
        const changes = await waitForChanges(place);
        place = changes.place;
        // Who listens from the first on has nothing before it to be told of.
        if (!isFirst || changes.versions !== undefined) tellAll(changes.versions);
      } catch {
        pauseMs = RETRY_MS;
      }
      isFirst = false;
      onFirst();
      await sleep(pauseMs, undefined, { ref: false });
    }
    following = undefined;
  }

  return {
    listen(importId, listener) {
      const listeners = listenersOf.get(importId) ?? new Set();
      listenersOf.set(importId, listeners.add(listener));
      if (following === undefined) {
        let onFirst = () => {};
        following = { first: new Promise((resolve) => (onFirst = resolve)) };
        runInvariant('changes are followed while somebody listens', () => follow(onFirst));
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && listenersOf.get(importId) === listeners) listenersOf.delete(importId);
      };
    },
    followed: () => following?.first ?? Promise.resolve(),
  };
}
