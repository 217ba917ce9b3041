import { setTimeout as sleep } from 'node:timers/promises';
import type { Capacity, OutcomeTuple } from '../work/jobs/procedures.js';
import type { ExecutorRepository, Taken } from './repository.js';

const MAX_OUTCOMES = 100;
const RETRY_MS = 250;

export type Settlements = {
  /** Tells how a job ended; resolves when the engine has taken it, or the lease was lost. */
  settle(outcome: OutcomeTuple): Promise<void>;
};

export type SettlementsParts = {
  repository: Pick<ExecutorRepository, 'settle'>;
  /** Undefined: takes no more. */
  capacity(): Capacity | undefined;
  onTaken(taken: Taken): void;
  onFault(reason: unknown): void;
  /** Whether the lease of the job is still ours: else there is no use in telling again. */
  isHeld(id: number): boolean;
};

/** Tells the engine how jobs ended, all that end in one turn together, and takes the next ones with the same call. */
export function createSettlements({ repository, capacity, ...parts }: SettlementsParts): Settlements {
  let waiting: { outcome: OutcomeTuple; done: () => void }[] = [];
  let isSending = false;

  async function send(): Promise<void> {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0) {
      const sent = waiting.splice(0, MAX_OUTCOMES);
      try {
        const taken = await repository.settle(
          sent.map(({ outcome }) => outcome),
          capacity(),
        );
        // Whoever settled gives its place back first: the next job takes it.
        for (const { done } of sent) done();
        parts.onTaken(taken);
      } catch (reason) {
        parts.onFault(reason);
        // Told again: the engine answers `lost` for what it has taken already.
        const kept = sent.filter(({ outcome, done }) => parts.isHeld(outcome[0]) || done());
        waiting = [...kept, ...waiting];
        await sleep(RETRY_MS);
      }
    }
    isSending = false;
  }

  return {
    settle(outcome) {
      return new Promise((done) => {
        waiting.push({ outcome, done });
        setImmediate(() => void send());
      });
    },
  };
}
