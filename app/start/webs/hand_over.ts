import type { Socket } from 'node:net';
import type { ServerName } from './messages.js';
import type { Web } from './web_processes.js';

/**
 * Connections given to a process that it has not accepted yet. More would wait for a busy or frozen process while
 * others are idle.
 */
const MAX_GIVEN = 4;

type Waiting = { id: number; server: ServerName; socket: Socket };

type HandOver = {
  /** Gives a connection to a web process, now or when one has room. */
  give(server: ServerName, socket: Socket): void;
  /** The process takes connections from now on, if it does not already. */
  join(web: Web): void;
  accepted(web: Web, id: number): void;
  /** The process has ended: what it had not accepted goes to others. */
  leave(web: Web): void;
  /** Resolves when no connection waits for a process; at once if no process takes connections. */
  settled(): Promise<void>;
};

/**
 * Gives connections to web processes in turn. A connection stays open here until a process says that it has it, so that a
 * process that dies takes no connection with it that it has not begun to serve.
 */
export function createHandOver(): HandOver {
  const queue: Waiting[] = [];
  /** In the order of their turns. */
  const givenTo = new Map<Web, Map<number, Waiting>>();
  const onSettled: (() => void)[] = [];
  let lastId = 0;

  function nextWeb(): Web | undefined {
    let chosen: Web | undefined;
    let fewest = MAX_GIVEN;
    for (const [web, given] of givenTo) {
      if (given.size >= fewest) continue;
      chosen = web;
      fewest = given.size;
    }
    return chosen;
  }

  function isSettled(): boolean {
    return givenTo.size === 0 || (queue.length === 0 && [...givenTo.values()].every((given) => given.size === 0));
  }

  function giveAll(): void {
    while (queue.length > 0) {
      const web = nextWeb();
      if (web === undefined) break;
      const waiting = queue.shift() as Waiting;
      const given = givenTo.get(web) as Map<number, Waiting>;
      given.set(waiting.id, waiting);
      // Its next turn comes after those of the others.
      givenTo.delete(web);
      givenTo.set(web, given);
      web.send({ type: 'connection', id: waiting.id, server: waiting.server }, waiting.socket);
    }
    if (isSettled()) for (const resolve of onSettled.splice(0)) resolve();
  }

  return {
    give(server, socket) {
      // The process that serves it learns of its errors.
      socket.on('error', () => {});
      lastId++;
      queue.push({ id: lastId, server, socket });
      giveAll();
    },
    join(web) {
      if (!givenTo.has(web)) givenTo.set(web, new Map());
      giveAll();
    },
    accepted(web, id) {
      const given = givenTo.get(web);
      const waiting = given?.get(id);
      if (waiting === undefined) return;
      given?.delete(id);
      // Closes the descriptor of this process; the connection goes on.
      waiting.socket.destroy();
      giveAll();
    },
    leave(web) {
      const given = givenTo.get(web);
      givenTo.delete(web);
      queue.unshift(...(given?.values() ?? []));
      giveAll();
    },
    settled: () => (isSettled() ? Promise.resolve() : new Promise((resolve) => onSettled.push(resolve))),
  };
}
