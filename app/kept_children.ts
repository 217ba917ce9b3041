import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInvariant } from './faults.js';

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
/** A process that ran this long did not fail at its start. */
const STEADY_MS = 10_000;

type KeptChildrenOptions = {
  count: number;
  /** Starts one of them. */
  spawn(): ChildProcess;
  /** Called whenever one has ended. */
  onEnded?(child: ChildProcess): void;
  /** Called when one has ended although it should not have. */
  onDied(cause: string): void;
  /** How long they may take to end after SIGTERM. */
  stopPatienceMs: number;
};

export type KeptChildren = {
  start(): void;
  /** SIGTERM to all, and SIGKILL to those that do not end in time. */
  stop(): Promise<void>;
};

/** Runs a number of child processes: started again with back-off when they die, stopped in order. */
export function createKeptChildren(options: KeptChildrenOptions): KeptChildren {
  const { count, spawn, onEnded = () => {}, onDied, stopPatienceMs } = options;
  const running = new Set<ChildProcess>();
  const stopping = new AbortController();
  let ended: Promise<unknown> = Promise.resolve();

  /** Resolves with how it ended. */
  function runOne(): Promise<string> {
    return new Promise((resolve) => {
      const child = spawn();
      running.add(child);
      const finish = (cause: string) => {
        if (!running.delete(child)) return;
        onEnded(child);
        resolve(cause);
      };
      child.once('exit', (code, signal) => finish(signal ?? `exit code ${code}`));
      child.on('error', (reason) => {
        if (child.pid === undefined) finish(reason.message);
      });
    });
  }

  async function keepOne(): Promise<void> {
    const { signal } = stopping;
    for (let backoffMs = FIRST_BACKOFF_MS; !signal.aborted; ) {
      const startedAt = performance.now();
      const cause = await runOne();
      if (signal.aborted) return;
      if (performance.now() - startedAt > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      onDied(cause);
      await sleep(backoffMs, undefined, { signal }).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }

  return {
    start() {
      if (stopping.signal.aborted) return;
      ended = Promise.all(Array.from({ length: count }, keepOne));
      runInvariant('child processes are started again when they die', () => ended.then(() => {}));
    },
    async stop() {
      stopping.abort();
      for (const child of running) child.kill('SIGTERM');
      const force = setTimeout(() => {
        for (const child of running) child.kill('SIGKILL');
      }, stopPatienceMs);
      await ended;
      clearTimeout(force);
    },
  };
}
