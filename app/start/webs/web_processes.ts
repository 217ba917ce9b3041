import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { runInvariant } from '../../faults.js';
import { keepRunning } from '../../keep_running.js';
import type { FromWeb, ToWeb } from './messages.js';

/** A web process answers its last requests for 15 s, then closes what it has open. */
const STOP_PATIENCE_MS = 20_000;

/** A web process that runs. */
export type Web = {
  /** Does nothing when the process has just ended. The socket stays open here as well. */
  send(message: ToWeb, socket?: Socket): void;
};

type WebProcessesOptions = {
  count: number;
  /** The program of the service, compiled. */
  program: string;
  log: Logger;
  onBegun(web: Web): void;
  onMessage(web: Web, message: FromWeb): void;
  onEnded(web: Web): void;
};

type WebProcesses = {
  start(): void;
  /** SIGTERM to all, and SIGKILL to those that do not end in time. */
  stop(): Promise<void>;
};

/** Runs web processes as children: started again with back-off when they die. They end with this process. */
export function createWebProcesses(options: WebProcessesOptions): WebProcesses {
  const { count, program, log, onBegun, onMessage, onEnded } = options;
  const running = new Set<ChildProcess>();
  const stopping = new AbortController();
  let ended: Promise<unknown> = Promise.resolve();

  /** Resolves with how it ended. */
  function runOne(): Promise<string> {
    return new Promise((resolve) => {
      const child = fork(program, ['--web'], {
        // A session of its own: Ctrl-C in the terminal is for us, and we stop it in order.
        detached: true,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        // Figures may be NaN, which JSON does not have.
        serialization: 'advanced',
      });
      const web: Web = {
        // The callback takes the error of a process that has ended; it is told by `exit`.
        send: (message, socket) => void child.send(message, socket, { keepOpen: true }, () => {}),
      };
      running.add(child);
      child.on('message', (message) => onMessage(web, message as FromWeb));
      const finish = (cause: string) => {
        if (!running.delete(child)) return;
        onEnded(web);
        resolve(cause);
      };
      child.once('exit', (code, signal) => finish(signal ?? `exit code ${code}`));
      child.on('error', (reason) => {
        if (child.pid === undefined) finish(reason.message);
      });
      onBegun(web);
    });
  }

  return {
    start() {
      const kept = Array.from({ length: count }, () =>
        keepRunning({
          run: runOne,
          signal: stopping.signal,
          onDied: (cause) => log.error({ cause }, 'a web process died; starting it again'),
        }),
      );
      ended = Promise.all(kept);
      runInvariant('web processes are started again when they die', () => ended.then(() => {}));
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
  };
}
