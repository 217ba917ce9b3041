import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from 'pino';
import { createKeptChildren, type KeptChildren } from '../../kept_children.js';

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

/** Runs executors as children, which end with this process. */
export function createExecutors({ count, program, environment, password, log }: ExecutorsOptions): KeptChildren {
  function spawnOne(): ChildProcess {
    const child = spawn(process.execPath, [program, '--supervised'], {
      // A session of its own: Ctrl-C in the terminal is for us, and we stop it in order.
      detached: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: environment,
    });
    child.stdin?.on('error', () => {});
    // Stays open: its end notifies the executor that this process is gone.
    child.stdin?.write(`${JSON.stringify({ password })}\n`);
    return child;
  }

  return createKeptChildren({
    count,
    spawn: spawnOne,
    onDied: (cause) => log.error({ cause }, 'an executor died; starting it again'),
    stopPatienceMs: STOP_PATIENCE_MS,
  });
}
