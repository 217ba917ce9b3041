import { type ChangeFeed, GONE } from '../../../db/change_feed.js';
import { hasCode } from '../../../errors.js';
import type { Job } from '../job.js';

/** A watcher hears of a job at most so often; the last change is always told. */
const MIN_PAUSE_MS = 100;
/** While the database is away nothing is known and nothing is said. */
const RETRY_MS = 1_000;

/** `job`: undefined when it was removed. */
export type JobListener = (job: Job | undefined) => void;

type JobWatch = {
  /**
   * Calls `listener` with the job as it is, then whenever it has changed; nothing after its removal. It must not throw.
   * Returns the function that ends it. @throws ServiceError TASK_NOT_FOUND
   */
  watch(id: number, listener: JobListener): Promise<() => void>;
  /** O(jobs that are watched). */
  watcherCount(): number;
};

/** A job that somebody watches. */
type Watched = {
  listeners: Set<JobListener>;
  /** The text of what was told last. */
  told: string | undefined;
  toldAt: number;
  isDue: boolean;
  unlisten(): void;
};

/** One look at the database for all who watch a job, however many. */
export function createJobWatch(feed: ChangeFeed, get: (id: number) => Promise<Job>): JobWatch {
  const watchedOf = new Map<number, Watched>();

  function end(id: number, watched: Watched): void {
    watched.unlisten();
    if (watchedOf.get(id) === watched) watchedOf.delete(id);
  }

  function finish(id: number, watched: Watched): void {
    end(id, watched);
    for (const listener of [...watched.listeners]) listener(undefined);
  }

  function schedule(id: number, watched: Watched, minMs = 0): void {
    if (watched.isDue) return;
    watched.isDue = true;
    const pauseMs = Math.max(minMs, watched.toldAt + MIN_PAUSE_MS - performance.now());
    setTimeout(() => void look(id, watched), Math.max(0, pauseMs)).unref();
  }

  async function look(id: number, watched: Watched): Promise<void> {
    watched.isDue = false;
    watched.toldAt = performance.now();
    try {
      const job = await get(id);
      const text = JSON.stringify(job);
      if (text === watched.told || watchedOf.get(id) !== watched) return;
      watched.told = text;
      for (const listener of [...watched.listeners]) listener(job);
    } catch (reason) {
      if (watchedOf.get(id) !== watched) return;
      if (hasCode(reason, 'TASK_NOT_FOUND')) finish(id, watched);
      else schedule(id, watched, RETRY_MS);
    }
  }

  function begin(id: number): Watched {
    const watched: Watched = { listeners: new Set(), told: undefined, toldAt: 0, isDue: false, unlisten: () => {} };
    watched.unlisten = feed.listen(id, (what) => {
      if (what === GONE) finish(id, watched);
      else schedule(id, watched);
    });
    watchedOf.set(id, watched);
    return watched;
  }

  return {
    async watch(id, listener) {
      const watched = watchedOf.get(id) ?? begin(id);
      // Answers come in order: what others are told before the first look is answered is no newer than that.
      let isRemoved = false;
      let hear: JobListener = (job) => {
        isRemoved ||= job === undefined;
      };
      const own: JobListener = (job) => hear(job);
      watched.listeners.add(own);
      const unwatch = () => {
        watched.listeners.delete(own);
        if (watched.listeners.size === 0) end(id, watched);
      };
      try {
        await feed.followed();
        const job = await get(id);
        watched.told ??= JSON.stringify(job);
        hear = listener;
        listener(job);
        if (isRemoved) listener(undefined);
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
