import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';

/**
 * A state that the process must not go on from: what it would answer could be wrong, or nothing would ever be answered
 * again. It stops in order, and its supervisor starts it anew. Any other error is contained (docs/adr/0024).
 */
export class InvariantError extends Error {
  constructor(what: string, cause: unknown) {
    super(`broken invariant: ${what}`, { cause });
    this.name = 'InvariantError';
  }
}

/** Wraps a callback on which the whole process depends: what it throws becomes an InvariantError. */
export function invariant<Args extends unknown[]>(
  what: string,
  work: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      work(...args);
    } catch (reason) {
      throw new InvariantError(what, reason);
    }
  };
}

/** Starts a loop on which the whole process depends: its failure, which nobody awaits, becomes an InvariantError. */
export function runInvariant(what: string, loop: () => Promise<void>): void {
  void loop().catch((reason) => {
    throw new InvariantError(what, reason);
  });
}

/** Whose an error is that comes back to nobody: a request. */
export type Owner = {
  /** Answers or cuts the request. Must not throw. */
  fail(reason: unknown): void;
};

const owners = new AsyncLocalStorage<Owner>();
let isTracking = false;

/**
 * Runs the work of a request. Costs nothing until an error came whose owner was not known: from then on owners are
 * tracked through timers, promises and events, which takes 7 us of the 76 us of CPU of a small GET.
 */
export function runOwned<Result>(owner: Owner, work: () => Result): Result {
  return isTracking ? owners.run(owner, work) : work();
}

/** Runs `work`, which belongs to the owner: what it throws ends that request and reaches nobody else. */
export function contain(owner: Owner, work: () => void): void {
  try {
    work();
  } catch (reason) {
    if (reason instanceof InvariantError) throw reason;
    owner.fail(reason);
  }
}

export type ContainmentOptions = {
  log: Logger;
  /** Until the service has started, an error without an owner is a fault of the start. */
  hasStarted(): boolean;
  /** Told of each error without an owner that was contained. */
  onContained(): void;
  /** Stops the process in order. */
  stop(reason: unknown): void;
};

/** Takes every error that would end the process, and decides whether it does (docs/adr/0024). */
export function containErrors({ log, hasStarted, onContained, stop }: ContainmentOptions): void {
  // Rejections that nobody handles come here too, since there is no listener of their own.
  process.on('uncaughtException', (reason, origin) => {
    if (reason instanceof InvariantError) {
      stop(reason);
      return;
    }
    const owner = owners.getStore();
    if (owner !== undefined) {
      owner.fail(reason);
    } else if (hasStarted()) {
      isTracking = true;
      log.error({ err: reason, origin }, 'an error that belongs to no known request was contained');
      onContained();
    } else {
      stop(reason);
    }
  });
}
