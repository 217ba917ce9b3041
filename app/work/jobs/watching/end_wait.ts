import { type ChangeFeed, waitForState } from '../../../db/change_feed.js';
import type { Job } from '../job.js';
import { isOpen } from '../model/transitions.js';
import { JOB_CHANGES } from '../repository.js';

/** Resolves with a job that has ended; after `waitMs`, or when `over` is aborted, with the job as it is. */
export type EndWait = (id: number, waitMs: number, over: AbortSignal) => Promise<Job>;

/** Looks at a job when the change feed names a new status, and at no other time. */
export function createEndWait(feed: ChangeFeed, get: (id: number) => Promise<Job>): EndWait {
  return (id, waitMs, over) =>
    waitForState(
      {
        feed,
        key: id,
        look: () => get(id),
        isEnough: ({ status }) => !isOpen(status),
        concerns: (what) => what !== JOB_CHANGES.progress,
      },
      waitMs,
      over,
    );
}
