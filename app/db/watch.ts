import { type ChangeFeed, GONE } from './change_feed.js';

/** The shortest pause between two events of a key. The last change is always sent. */
const MIN_PAUSE_MS = 100;
/** Pause before another try while the database is away. */
const RETRY_MS = 1_000;

type Watch<Event> = {
  /**
   * Calls `listener` with what is there, then with each event; nothing follows the event that says that it is gone.
   * Returns the function that ends the watch. A listener must not throw: later listeners would miss the event.
   * @throws what `read` throws
   */
  watch(key: number, listener: (event: Event) => void): Promise<() => void>;
  /** O(watched keys). */
  watcherCount(): number;
};

/** What is watched, and which events tell its changes. Every listener of a key gets the same object of an event. */
type Subject<State, Event> = {
  read(key: number): Promise<State>;
  /** Whether `read` failed because there is no such key, or no more. */
  isGone(reason: unknown): boolean;
  /** For a listener that knows nothing. */
  first(state: State): Event;
  /** For listeners that know `told`; undefined when there is nothing to tell. */
  next(told: State, state: State): Event | undefined;
  /** A new object each time: it is of one key. */
  gone(): Event;
  /** The state after the change that the feed reports as `value`, where it is known without a read. */
  foretell?(told: State, value: number): State | undefined;
  /** Whether an event that came while a listener's first read was under way is newer than what it read. */
  isNewer(event: Event, state: State): boolean;
};

/** A watched key. */
type Watched<State, Event> = {
  listeners: Set<(event: Event) => void>;
  /** What was sent last, and when. */
  told?: State;
  toldAt: number;
  /** An event is scheduled; `value`: of the last change, when it is known. */
  isDue: boolean;
  value?: number;
  unlisten(): void;
};

/** Watches keys of a change feed: one read for all who watch a key, however many. */
export function createWatch<State, Event>(feed: ChangeFeed, subject: Subject<State, Event>): Watch<Event> {
  const watchedOf = new Map<number, Watched<State, Event>>();

  function tell({ listeners }: Watched<State, Event>, event: Event): void {
    for (const listener of [...listeners]) listener(event);
  }

  function end(key: number, watched: Watched<State, Event>): void {
    watched.unlisten();
    if (watchedOf.get(key) === watched) watchedOf.delete(key);
  }

  function finish(key: number, watched: Watched<State, Event>): void {
    end(key, watched);
    tell(watched, subject.gone());
  }

  function due(key: number, watched: Watched<State, Event>, minPauseMs = 0): void {
    if (watched.isDue) return;
    watched.isDue = true;
    const pauseMs = Math.max(minPauseMs, watched.toldAt + MIN_PAUSE_MS - performance.now());
    const say = () => void tellNow(key, watched);
    if (pauseMs <= 0) queueMicrotask(say);
    else setTimeout(say, pauseMs).unref();
  }

  async function tellNow(key: number, watched: Watched<State, Event>): Promise<void> {
    // The watch may have ended since this was scheduled.
    if (watchedOf.get(key) !== watched) return;
    const { value, told } = watched;
    delete watched.value;
    watched.isDue = false;
    watched.toldAt = performance.now();
    try {
      const foretold = value === undefined || told === undefined ? undefined : subject.foretell?.(told, value);
      const state = foretold ?? (await subject.read(key));
      // Another read may have been answered meanwhile.
      const event = watched.told === undefined ? subject.first(state) : subject.next(watched.told, state);
      watched.told = state;
      if (event !== undefined && watchedOf.get(key) === watched) tell(watched, event);
    } catch (reason) {
      if (!subject.isGone(reason)) due(key, watched, RETRY_MS);
      else if (watchedOf.get(key) === watched) finish(key, watched);
    }
  }

  function begin(key: number): Watched<State, Event> {
    const watched: Watched<State, Event> = { listeners: new Set(), toldAt: 0, isDue: false, unlisten: () => {} };
    watched.unlisten = feed.listen(key, (value) => {
      if (value === GONE) {
        finish(key, watched);
        return;
      }
      if (value === undefined) delete watched.value;
      else watched.value = value;
      due(key, watched);
    });
    watchedOf.set(key, watched);
    return watched;
  }

  return {
    async watch(key, listener) {
      const watched = watchedOf.get(key) ?? begin(key);
      // Events that come before the state is known are sent after it.
      const early: Event[] = [];
      let hear = (event: Event): unknown => early.push(event);
      const own = (event: Event) => void hear(event);
      watched.listeners.add(own);
      const unwatch = () => {
        watched.listeners.delete(own);
        if (watched.listeners.size === 0) end(key, watched);
      };
      try {
        await feed.followed();
        const state = await subject.read(key);
        watched.told ??= state;
        hear = listener;
        listener(subject.first(state));
        for (const event of early) if (subject.isNewer(event, state)) listener(event);
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
