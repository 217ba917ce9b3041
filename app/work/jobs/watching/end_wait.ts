import type { ChangeFeed } from '../../../db/change_feed.js';
import type { Job } from '../job.js';
import { isOpen } from '../model/transitions.js';
import { JOB_CHANGES } from '../repository.js';

/** Resolves with a job that has ended; after `waitMs`, or when `over` is aborted, with the job as it is. */
export type EndWait = (id: number, waitMs: number, over: AbortSignal) => Promise<Job>;

/** Looks at a job when the change feed names a new status, and at no other time. */
export function createEndWait(feed: ChangeFeed, get: (id: number) => Promise<Job>): EndWait {
  return async (id, waitMs, over) => {
    let isOver = over.aborted;
    let wake = () => {};
    const giveUp = () => {
      isOver = true;
      wake();
    };
    const timer = setTimeout(giveUp, waitMs);
    over.addEventListener('abort', giveUp);
    const unlisten = feed.listen(id, (what) => {
      if (what !== JOB_CHANGES.progress) wake();
    });
    try {
      await feed.followed();
      for (;;) {
        // Before the look, so that a change behind it is not missed.
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const wasOver = isOver;
        const job = await get(id);
        if (wasOver || !isOpen(job.status)) return job;
        if (!isOver) await woken;
      }
    } finally {
      clearTimeout(timer);
      over.removeEventListener('abort', giveUp);
      unlisten();
    }
  };
}
