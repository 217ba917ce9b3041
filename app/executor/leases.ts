import type { ExecutorRepository } from './repository.js';

const RENEW_EVERY_MS = 2_000;
/** The engine gives a lease of 10 s; everything has ended before somebody else may begin. */
export const MAX_SILENCE_MS = 8_000;

export type Holding = { id: number; lease: number };

export type Leases = {
  /** Begins to renew where it does not yet. To be called whenever a job was taken. */
  wake(): void;
  /** Asks at once: which of the jobs are still ours. @throws ServiceError */
  renewNow(): Promise<void>;
  stop(): void;
};

export type LeasesParts = {
  repository: Pick<ExecutorRepository, 'renew'>;
  /** All that is held now. */
  holdings(): readonly Holding[];
  /** The leases were renewed. */
  onRenewed(): void;
  onLost(ids: readonly number[]): void;
  onCancelled(ids: readonly number[]): void;
  /** No renewal was answered for 8 s: all leases are taken for lost. */
  onSilence(): void;
  onFault(reason: unknown): void;
};

/** Keeps the leases of what the executor runs; idle while it runs nothing. */
export function createLeases({ repository, holdings, ...on }: LeasesParts): Leases {
  let timer: NodeJS.Timeout | undefined;
  /** When the last renewal that was answered had been sent. */
  let renewedAt = 0;
  let isStopped = false;

  async function renewNow(): Promise<void> {
    const sentAt = performance.now();
    const { lost, cancelled } = await repository.renew(holdings());
    renewedAt = Math.max(renewedAt, sentAt);
    on.onRenewed();
    if (lost.length > 0) on.onLost(lost);
    if (cancelled.length > 0) on.onCancelled(cancelled);
  }

  function tick(): void {
    if (holdings().length === 0 || isStopped) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    if (performance.now() - renewedAt >= MAX_SILENCE_MS) on.onSilence();
    else renewNow().catch(on.onFault);
  }

  return {
    renewNow,
    wake() {
      if (timer !== undefined || isStopped) return;
      // A take is a lease as well: its ten seconds began when it was made.
      renewedAt = performance.now();
      timer = setInterval(tick, RENEW_EVERY_MS);
    },
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
