import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
/** A process that lived so long did not die of its start. */
const STEADY_MS = 10_000;

type KeepRunningOptions = {
  /** Runs a process once; resolves with how it ended. */
  run(): Promise<string>;
  /** Aborted when it is to be started no more. */
  signal: AbortSignal;
  /** Called when it ended although it should not have. */
  onDied(cause: string): void;
};

/** Starts a process again with back-off each time it ends. Resolves once it has ended after `signal` was aborted. */
export async function keepRunning({ run, signal, onDied }: KeepRunningOptions): Promise<void> {
  for (let backoffMs = FIRST_BACKOFF_MS; !signal.aborted; ) {
    const startedAt = performance.now();
    const cause = await run();
    if (signal.aborted) return;
    if (performance.now() - startedAt > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
    onDied(cause);
    await sleep(backoffMs, undefined, { signal }).catch(() => {});
    backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
  }
}
