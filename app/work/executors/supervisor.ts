import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from 'pino';
import { runInvariant } from '../../faults.js';
import { keepRunning } from '../../keep_running.js';

/** Longer than an executor takes: 6 s for its tasks, and to hand back what is left. */
const STOP_PATIENCE_MS = 14_000;

type ExecutorsOptions = {
  count: number;
  /** The program of the executor, compiled. */
  program: string;
  /** All that it sees: no secret, since scripts can read it in /proc. */
  environment: Readonly<Record<string, string>>;
  /** Of its database user; goes to it by a pipe. */
  password: string;
  log: Logger;
};

type Executors = {
  start(): void;
  /** SIGTERM to all, and SIGKILL to those that do not end in time. */
  stop(): Promise<void>;
  runningCount(): number;
};

/** Runs executors as children: started again with back-off when they die, stopped in order. They end with this process. */
export function createExecutors({ count, program, environment, password, log }: ExecutorsOptions): Executors {
  const running = new Set<ChildProcess>();
  const stopping = new AbortController();
  let ended: Promise<unknown> = Promise.resolve();

  /** Resolves with how it ended. */
  function runOne(): Promise<string> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [program, '--supervised'], {
        // A session of its own: Ctrl-C in the terminal is for us, and we stop it in order.
        detached: true,
        stdio: ['pipe', 'inherit', 'inherit'],
        env: environment,
      });
      running.add(child);
      child.stdin?.on('error', () => {});
      // It stays open: its end tells the executor that we are gone.
      child.stdin?.write(`${JSON.stringify({ password })}\n`);
      const finish = (cause: string) => {
        running.delete(child);
        resolve(cause);
      };
      child.once('exit', (code, signal) => finish(signal ?? `exit code ${code}`));
      child.on('error', (reason) => {
        if (child.pid === undefined) finish(reason.message);
      });
    });
  }

  function keepOne(): Promise<void> {
    return keepRunning({
      run: runOne,
      signal: stopping.signal,
      onDied: (cause) => log.error({ cause }, 'an executor died; starting it again'),
    });
  }

  return {
    start() {
      if (stopping.signal.aborted) return;
      const kept = Array.from({ length: count }, keepOne);
      ended = Promise.all(kept);
      runInvariant('executors are started again when they die', () => ended.then(() => {}));
    },
    async stop() {
      stopping.abort();
      for (const child of running) child.kill('SIGTERM');
      const force = setTimeout(() => {
        for (const child of running) child.kill('SIGKILL');
      }, STOP_PATIENCE_MS);
      await ended;
      clearTimeout(force);
    },
    runningCount: () => running.size,
  };
}
