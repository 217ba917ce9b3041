/** The states of a job, and what leads from one to another, as data. docs/engine.md draws them; a test compares. */

export const STATUSES = ['enqueued', 'working', 'finished', 'failed', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

export type JobEvent = 'create' | 'take' | 'finish' | 'fail' | 'lapse' | 'stop' | 'cancel' | 'retry';

/** What decides between several moves of one event; the first that holds is taken. */
type Condition = 'cancellation asked' | 'attempts left' | 'no attempt left';

type Transition = { from: Status | undefined; event: JobEvent; when?: Condition; to: Status };

export const TRANSITIONS: readonly Transition[] = [
  { from: undefined, event: 'create', to: 'enqueued' },
  { from: 'enqueued', event: 'take', to: 'working' },
  { from: 'enqueued', event: 'cancel', to: 'cancelled' },
  { from: 'working', event: 'cancel', to: 'working' },
  { from: 'working', event: 'finish', when: 'cancellation asked', to: 'cancelled' },
  { from: 'working', event: 'finish', to: 'finished' },
  { from: 'working', event: 'fail', when: 'cancellation asked', to: 'cancelled' },
  { from: 'working', event: 'fail', when: 'attempts left', to: 'enqueued' },
  { from: 'working', event: 'fail', when: 'no attempt left', to: 'failed' },
  { from: 'working', event: 'lapse', when: 'cancellation asked', to: 'cancelled' },
  { from: 'working', event: 'lapse', when: 'attempts left', to: 'enqueued' },
  { from: 'working', event: 'lapse', when: 'no attempt left', to: 'failed' },
  { from: 'working', event: 'stop', when: 'cancellation asked', to: 'cancelled' },
  { from: 'working', event: 'stop', to: 'enqueued' },
  { from: 'finished', event: 'retry', to: 'enqueued' },
  { from: 'failed', event: 'retry', to: 'enqueued' },
  { from: 'cancelled', event: 'retry', to: 'enqueued' },
];

/** Whether a job of this status has not ended. */
export function isOpen(status: Status): boolean {
  return status === 'enqueued' || status === 'working';
}
