import { setTimeout as sleep } from 'node:timers/promises';
import { runInvariant } from '../faults.js';

/** Between two questions, so that a hundred writes a second cost the database forty answers, not a hundred. */
const GATHER_MS = 25;
const RETRY_MS = 200;
/** How long the database may wait with an answer when nothing changes. */
const POLL_SECONDS = 2;

/** A place in a list of changes that the database keeps (tarantool/lib/change_list.lua). */
export type ChangePlace = { epoch: number; place: number };
/** Key -> value of what changed; without `values` anything may have changed. */
export type Changes = { place: ChangePlace; values: ReadonlyMap<number, number> | undefined };

/** What a procedure made of change_list's `wait` answers: a flat list of key, value, key, value ... */
type WaitForChanges = (
  epoch: number | null,
  place: number | null,
  timeoutSeconds: number,
) => Promise<[epoch: number, place: number, flat: number[] | null]>;

/** Resolves with what changed after a place, after two seconds with nothing. */
export async function pollChanges(wait: WaitForChanges, known?: ChangePlace): Promise<Changes> {
  const [epoch, place, flat] = await wait(known?.epoch ?? null, known?.place ?? null, POLL_SECONDS);
  const next = { epoch, place };
  if (flat === null || flat === undefined) return { place: next, values: undefined };
  const values = new Map<number, number>();
  for (let i = 0; i < flat.length; i += 2) values.set(flat[i] as number, flat[i + 1] as number);
  return { place: next, values };
}

/** Called with the last value of a key that changed; undefined when it may have changed: the listener looks itself. Must not throw. */
export type ChangeListener = (value: number | undefined) => void;
/** The value of a key that is no more. */
export const GONE = 0;

/** What changes of any key, from one long poll of the database, however many listen; none while nobody does. */
export type ChangeFeed = {
  /** Answers what ends it. Commits after `followed` has resolved are told. */
  listen(key: number, listener: ChangeListener): () => void;
  /** Resolves once changes are followed, or once it is clear that the database is away: that ends with being told. */
  followed(): Promise<void>;
};

/** `waitForChanges`: pollChanges of a procedure. */
export function createChangeFeed(waitForChanges: (place?: ChangePlace) => Promise<Changes>): ChangeFeed {
  const listenersOf = new Map<number, Set<ChangeListener>>();
  let following: { first: Promise<void> } | undefined;

  function tell(listeners: Iterable<ChangeListener>, value: number | undefined): void {
    for (const listener of [...listeners]) listener(value);
  }

  function tellAll(values: ReadonlyMap<number, number> | undefined): void {
    if (values === undefined) {
      for (const listeners of [...listenersOf.values()]) tell(listeners, undefined);
      return;
    }
    for (const [key, value] of values) tell(listenersOf.get(key) ?? [], value);
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
        if (!isFirst || changes.values !== undefined) tellAll(changes.values);
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
    listen(key, listener) {
      const listeners = listenersOf.get(key) ?? new Set();
      listenersOf.set(key, listeners.add(listener));
      if (following === undefined) {
        let onFirst = () => {};
        following = { first: new Promise((resolve) => (onFirst = resolve)) };
        runInvariant('changes are followed while somebody listens', () => follow(onFirst));
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && listenersOf.get(key) === listeners) listenersOf.delete(key);
      };
    },
    followed: () => following?.first ?? Promise.resolve(),
  };
}
