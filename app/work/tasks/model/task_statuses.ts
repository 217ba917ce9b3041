/** What the states of a job are called for users: the words of the predecessor. */
const WORDS = {
  enqueued: 'create',
  working: 'rendering',
  finished: 'complete',
  failed: 'error',
  cancelled: 'cancelled',
} as const;

type TaskStatus = (typeof WORDS)[keyof typeof WORDS];

export const TASK_STATUSES: readonly TaskStatus[] = Object.values(WORDS);

export function taskStatus(status: keyof typeof WORDS): TaskStatus {
  return WORDS[status];
}
