import { setTimeout as sleep } from 'node:timers/promises';
import type { Capacity, OutcomeTuple } from '../../work/jobs/procedures.js';
import type { ExecutorRepository, Taken } from './repository.js';
import { isPassing } from './retries.js';

/** In one call (docs/engine.md). */
const MAX_OUTCOMES = 50;
/** Results in one call: ten of the longest are some 10 ms of the database. */
const MAX_OUTCOME_BYTES = 10 * 1024 * 1024;
const RETRY_MS = 250;

type Settlements = {
  /** Tells how a job ended; resolves when the engine has taken it, or the lease was lost. */
  settle(outcome: OutcomeTuple): Promise<void>;
};

type SettlementsParts = {
  repository: Pick<ExecutorRepository, 'settle'>;
  /** Undefined: takes no more. */
  capacity(): Capacity | undefined;
  onTaken(taken: Taken): void;
  onFault(reason: unknown): void;
  /** Whether the lease of the job is still ours: else there is no use in telling again. */
  isHeld(id: number): boolean;
};

type Waiting = { outcome: OutcomeTuple; done: () => void };

function resultBytes([, , , { result }]: OutcomeTuple): number {
  return typeof result === 'string' ? Buffer.byteLength(result) : 0;
}

/** What is told of a job whose outcome the database refuses as it is. */
function refusedOutcome([id, lease]: OutcomeTuple): OutcomeTuple {
  const errortext = 'What the task answered could not be stored.';
  return [id, lease, 'fail', { errortext, cause: JSON.stringify({ kind: 'error' }) }];
}

/** Tells the engine how jobs ended, all that end in one turn together, and takes the next ones with the same call. */
export function createSettlements({ repository, capacity, ...parts }: SettlementsParts): Settlements {
  let waiting: Waiting[] = [];
  let isSending = false;
  /** One of the last call was refused for good: until it is found, each is sent alone. */
  let isSearching = false;

  function nextBatch(): Waiting[] {
    if (isSearching) return waiting.splice(0, 1);
    let bytes = 0;
    const count = waiting.slice(0, MAX_OUTCOMES).findIndex(({ outcome }, i) => {
      bytes += resultBytes(outcome);
      return i > 0 && bytes > MAX_OUTCOME_BYTES;
    });
    return waiting.splice(0, count === -1 ? MAX_OUTCOMES : count);
  }

  /** What to send again of a batch that was not taken. */
  function keep(sent: readonly Waiting[], reason: unknown): Waiting[] {
    // Told again: the engine answers `lost` for what it has taken already.
    const held = sent.filter(({ outcome, done }) => parts.isHeld(outcome[0]) || done());
    if (isPassing(reason)) return held;
    if (sent.length > 1) {
      isSearching = true;
      return held;
    }
    return held.flatMap(({ outcome, done }) => {
      if (outcome[2] === 'finish') return [{ outcome: refusedOutcome(outcome), done }];
      done();
      return [];
    });
  }

  async function send(): Promise<void> {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0) {
      const sent = nextBatch();
      try {
        const taken = await repository.settle(
          sent.map(({ outcome }) => outcome),
          capacity(),
        );
        // Whoever settled gives its place back first: the next job takes it.
        for (const { done } of sent) done();
        parts.onTaken(taken);
        if (waiting.length === 0) isSearching = false;
      } catch (reason) {
        parts.onFault(reason);
        waiting = [...keep(sent, reason), ...waiting];
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
