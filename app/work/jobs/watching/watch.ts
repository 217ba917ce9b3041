import type { ChangeFeed } from '../../../db/change_feed.js';
import { createWatch } from '../../../db/watch.js';
import { hasCode } from '../../../errors.js';
import type { Job } from '../job.js';

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

type JobEvent = { job: Job | undefined };

export function createJobWatch(feed: ChangeFeed, get: (id: number) => Promise<Job>): JobWatch {
  const { watch, watcherCount } = createWatch<Job, JobEvent>(feed, {
    read: get,
    isGone: (reason) => hasCode(reason, 'TASK_NOT_FOUND'),
    first: (job) => ({ job }),
    next: (told, job) => (JSON.stringify(told) === JSON.stringify(job) ? undefined : { job }),
    gone: () => ({ job: undefined }),
    // Answers come in order: what others are told before the first read is answered is no newer than that.
    isNewer: ({ job }) => job === undefined,
  });
  return { watch: (id, listener) => watch(id, ({ job }) => listener(job)), watcherCount };
}
