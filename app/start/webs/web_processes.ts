import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { createKeptChildren, type KeptChildren } from '../../kept_children.js';
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

/** Runs web processes as children, which end with this process. */
export function createWebProcesses(options: WebProcessesOptions): KeptChildren {
  const { count, program, log, onBegun, onMessage, onEnded } = options;
  const webOf = new WeakMap<ChildProcess, Web>();

  function spawn(): ChildProcess {
    const child = fork(program, ['--web'], {
      // A session of its own: Ctrl-C in the terminal is for us, and we stop it in order.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Figures may be NaN, which JSON does not have.
      serialization: 'advanced',
    });
    const web: Web = {
      // The callback ignores the error of a process that has ended: `exit` reports the end.
      send: (message, socket) => void child.send(message, socket, { keepOpen: true }, () => {}),
    };
    webOf.set(child, web);
    child.on('message', (message) => onMessage(web, message as FromWeb));
    onBegun(web);
    return child;
  }

  return createKeptChildren({
    count,
    spawn,
    onEnded: (child) => onEnded(webOf.get(child) as Web),
    onDied: (cause) => log.error({ cause }, 'a web process died; starting it again'),
    stopPatienceMs: STOP_PATIENCE_MS,
  });
}
