import { MAX_ANSWER_AGE_S } from './freshness.js';
import type { ExecutorRepository } from './repository.js';

const RENEW_EVERY_MS = 2_000;
/** The engine gives a lease of 10 s; everything has ended before somebody else may begin. */
export const MAX_SILENCE_MS = 8_000;

/** Not 0: the clock may be at less than the age of a take when the first job comes. */
const NEVER = Number.NEGATIVE_INFINITY;

type Holding = { id: number; lease: number };

type Leases = {
  /** Begins to renew where it does not yet. To be called whenever a job was taken. */
  wake(): void;
  stop(): void;
};

type LeasesParts = {
  repository: Pick<ExecutorRepository, 'renew'>;
  /** All that is held now. */
  holdings(): readonly Holding[];
  /** Leases are held, and end unless this is called again within `patienceMs`; undefined: none is held. */
  onRenewed(patienceMs: number | undefined): void;
  onLost(leases: readonly Holding[]): void;
  onCancelled(ids: readonly number[]): void;
  /** No renewal was answered for 8 s: all leases are taken for lost. */
  onSilence(): void;
  onFault(reason: unknown): void;
};

/** Keeps the leases of what the executor runs; idle while it runs nothing. */
export function createLeases({ repository, holdings, ...on }: LeasesParts): Leases {
  let timer: NodeJS.Timeout | undefined;
  let silence: NodeJS.Timeout | undefined;
  /** When the last renewal that was answered had been sent. */
  let renewedAt = NEVER;
  let isStopped = false;

  function rest(): void {
    clearInterval(timer);
    clearTimeout(silence);
    timer = undefined;
    on.onRenewed(undefined);
  }

  function endAll(): void {
    on.onSilence();
    rest();
  }

  function noteRenewal(sentAt: number): void {
    if (sentAt < renewedAt) return;
    renewedAt = sentAt;
    const patienceMs = renewedAt + MAX_SILENCE_MS - performance.now();
    clearTimeout(silence);
    silence = setTimeout(endAll, patienceMs);
    on.onRenewed(patienceMs);
  }

  async function renew(): Promise<void> {
    const sentAt = performance.now();
    const sent = holdings();
    const { lost, cancelled } = await repository.renew(sent);
    // What was heard after the last job had ended is of no use.
    if (timer !== undefined) noteRenewal(sentAt);
    // Those that were sent: the answer may be so late that a job is held again, under another lease.
    if (lost.length > 0) on.onLost(sent.filter(({ id }) => lost.includes(id)));
    if (cancelled.length > 0) on.onCancelled(cancelled);
  }

  function tick(): void {
    if (holdings().length === 0) rest();
    else renew().catch(on.onFault);
  }

  return {
    wake() {
      if (timer !== undefined || isStopped) return;
      timer = setInterval(tick, RENEW_EVERY_MS);
      // A take is a lease as well: its ten seconds began when it was made, and the answer may be that old.
      renewedAt = NEVER;
      noteRenewal(performance.now() - MAX_ANSWER_AGE_S * 1_000);
    },
    stop() {
      isStopped = true;
      if (timer !== undefined) rest();
    },
  };
}
