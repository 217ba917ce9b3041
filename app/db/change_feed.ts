import { setTimeout as sleep } from 'node:timers/promises';
import { runInvariant } from '../faults.js';

/** Pause between two polls: at a hundred writes per second the database answers forty polls, not a hundred. */
const POLL_PAUSE_MS = 25;
const RETRY_MS = 200;
/** How long the database may hold a poll open while nothing changes. */
const POLL_SECONDS = 2;

/** A position in a change list kept by the database (tarantool/lib/change_list.lua). */
export type ChangePlace = { epoch: number; place: number };
/** Key -> value of each change; `values` is undefined when anything may have changed. */
export type Changes = { place: ChangePlace; values: ReadonlyMap<number, number> | undefined };

/** Calls a procedure built on `wait` of change_list, which returns a flat list: key, value, key, value ... */
type WaitForChanges = (
  epoch: number | null,
  place: number | null,
  timeoutSeconds: number,
) => Promise<[epoch: number, place: number, flat: number[] | null]>;

/** Resolves with the changes after `known`, or after two seconds without any. */
export async function pollChanges(wait: WaitForChanges, known?: ChangePlace): Promise<Changes> {
  const [epoch, place, flat] = await wait(known?.epoch ?? null, known?.place ?? null, POLL_SECONDS);
  const next = { epoch, place };
  if (flat === null || flat === undefined) return { place: next, values: undefined };
  const values = new Map<number, number>();
  for (let i = 0; i < flat.length; i += 2) values.set(flat[i] as number, flat[i + 1] as number);
  return { place: next, values };
}

/**
 * Called with the latest value of a changed key, or with undefined when the key may have changed and the listener has
 * to read it. Must not throw.
 */
export type ChangeListener = (value: number | undefined) => void;
/** The value of a deleted key. */
export const GONE = 0;

/**
 * Distributes the changes of all keys to any number of listeners from a single long poll, which runs only while there
 * are listeners.
 */
export type ChangeFeed = {
  /** Returns a function that removes the listener. Changes committed after `followed` has resolved are reported. */
  listen(key: number, listener: ChangeListener): () => void;
  /**
   * Resolves once the long poll is established, or once the database has proved unavailable; in that case listeners are
   * called with undefined as soon as it is back.
   */
  followed(): Promise<void>;
};

/** `waitForChanges` is `pollChanges` bound to a procedure. */
export function createChangeFeed(waitForChanges: (place?: ChangePlace) => Promise<Changes>): ChangeFeed {
  const listenersOf = new Map<number, Set<ChangeListener>>();
  let following: { first: Promise<void> } | undefined;

  function notify(listeners: Iterable<ChangeListener>, value: number | undefined): void {
    for (const listener of [...listeners]) listener(value);
  }

  function notifyAll(values: ReadonlyMap<number, number> | undefined): void {
    if (values === undefined) {
      for (const listeners of [...listenersOf.values()]) notify(listeners, undefined);
      return;
    }
    for (const [key, value] of values) notify(listenersOf.get(key) ?? [], value);
  }

  async function follow(onFirst: () => void): Promise<void> {
    let place: ChangePlace | undefined;
    let isFirst = true;
    while (listenersOf.size > 0) {
      let pauseMs = POLL_PAUSE_MS;
      try {
        const changes = await waitForChanges(place);
        place = changes.place;
        // A feed that begins with its first listener has no earlier changes to report.
        if (!isFirst || changes.values !== undefined) notifyAll(changes.values);
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
        runInvariant('changes are polled while there are listeners', () => follow(onFirst));
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && listenersOf.get(key) === listeners) listenersOf.delete(key);
      };
    },
    followed: () => following?.first ?? Promise.resolve(),
  };
}

type StateWait<State> = {
  feed: ChangeFeed;
  key: number;
  look(): Promise<State>;
  /** Whether the state is what the caller waits for. */
  isEnough(state: State): boolean;
  /** Whether a change with this value may lead to it; all changes unless given. */
  concerns?(value: number | undefined): boolean;
};

/**
 * Looks at the state at once and after each change of its key, until it is what the caller waits for. After `waitMs`, or
 * when `over` is aborted, resolves with the state as it is. @throws the errors of `look`
 */
export async function waitForState<State>(
  { feed, key, look, isEnough, concerns = () => true }: StateWait<State>,
  waitMs: number,
  over: AbortSignal,
): Promise<State> {
  let isOver = over.aborted;
  let wake = () => {};
  const giveUp = () => {
    isOver = true;
    wake();
  };
  const timer = setTimeout(giveUp, waitMs);
  over.addEventListener('abort', giveUp);
  const unlisten = feed.listen(key, (value) => {
    if (concerns(value)) wake();
  });
  try {
    await feed.followed();
    for (;;) {
      // Before the look, so that a change during it is not missed.
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const wasOver = isOver;
      const state = await look();
      if (wasOver || isEnough(state)) return state;
      if (!isOver) await woken;
    }
  } finally {
    clearTimeout(timer);
    over.removeEventListener('abort', giveUp);
    unlisten();
  }
}
