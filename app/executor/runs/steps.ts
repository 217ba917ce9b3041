import { setTimeout as sleep } from 'node:timers/promises';
import { isPassing } from '../engine/retries.js';
import type { Lease, RunsRepository, Step } from './repository.js';

/** In one call (docs/workflows.md). A run sends at most 100 in a step. */
const MAX_CHANGES = 500;
const RETRY_MS = 100;

type Steps = {
  /** Resolves with whether the step is stored; not when the lease was lost, or the database refuses it for good. */
  store(step: Step): Promise<boolean>;
  /** Resolves when nothing of this run is waiting any more. */
  drained(id: number): Promise<void>;
};

type StepsParts = {
  repository: Pick<RunsRepository, 'advance'>;
  onLost(leases: readonly Lease[]): void;
  onFault(reason: unknown): void;
  /** Whether the lease is still ours. */
  isHeld(lease: Lease): boolean;
};

type Waiting = { step: Step; done: (isStored: boolean) => void };

/** Stores the steps of all runs, those of one turn together, one call at a time and each run's in order. */
export function createSteps({ repository, ...parts }: StepsParts): Steps {
  let waiting: Waiting[] = [];
  let sent: Waiting[] = [];
  let drains: { id: number; done: () => void }[] = [];
  let isSending = false;
  /** One of the last call was refused for good: until it is found, each is sent alone. */
  let isSearching = false;

  function nextBatch(): Waiting[] {
    if (isSearching) return waiting.splice(0, 1);
    let changes = 0;
    const count = waiting.findIndex(({ step }) => {
      changes += step.changes.length;
      return changes > MAX_CHANGES;
    });
    return waiting.splice(0, count === -1 ? waiting.length : Math.max(1, count));
  }

  function tellDrained(): void {
    const left = new Set([...sent, ...waiting].map(({ step }) => step.id));
    const ready = drains.filter(({ id }) => !left.has(id));
    drains = drains.filter(({ id }) => left.has(id));
    for (const { done } of ready) done();
  }

  /** What to send again of a batch that was not taken. */
  function keep(batch: readonly Waiting[], reason: unknown): Waiting[] {
    const held = batch.filter(({ step, done }) => parts.isHeld(step) || done(false));
    if (isPassing(reason)) return held;
    if (batch.length > 1) {
      isSearching = true;
      return held;
    }
    for (const { step, done } of held) {
      done(false);
      parts.onLost([step]);
    }
    return [];
  }

  async function sendBatch(): Promise<void> {
    waiting = waiting.filter(({ step, done }) => parts.isHeld(step) || done(false));
    sent = nextBatch();
    try {
      if (sent.length === 0) return;
      const lost = await repository.advance(sent.map(({ step }) => step));
      for (const { step, done } of sent) done(!lost.some(({ id, lease }) => id === step.id && lease === step.lease));
      if (lost.length > 0) parts.onLost(lost);
      if (waiting.length === 0) isSearching = false;
    } catch (reason) {
      parts.onFault(reason);
      waiting = [...keep(sent, reason), ...waiting];
      sent = [];
      await sleep(RETRY_MS);
    } finally {
      sent = [];
      tellDrained();
    }
  }

  async function send(): Promise<void> {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0) await sendBatch();
    isSending = false;
  }

  return {
    store(step) {
      return new Promise((done) => {
        waiting.push({ step, done });
        setImmediate(() => void send());
      });
    },
    drained(id) {
      return new Promise((done) => {
        drains.push({ id, done });
        tellDrained();
      });
    },
  };
}
